"""Calls: left out around their value, another function of the same kind, without `await`, without `super()`."""

import ast
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText

_PAIRS = (
    ("min", "max"), ("any", "all"), ("append", "extend"), ("startswith", "endswith"), ("lstrip", "rstrip"),
    ("lower", "upper"), ("find", "rfind"), ("index", "rindex"), ("keys", "values"), ("union", "intersection"),
    ("add", "discard"), ("partition", "rpartition"), ("split", "rsplit"), ("floor", "ceil"), ("list", "tuple"),
    ("ljust", "rjust"), ("encode", "decode"), ("issubclass", "isinstance"), ("match", "search"), ("pop", "get"),
    ("sorted", "list"), ("hasattr", "getattr"),
)  # fmt: skip
_OTHER = {one: two for pair in _PAIRS for one, two in (pair, pair[::-1])}
_CONVERSIONS = {
    "str",
    "int",
    "float",
    "list",
    "tuple",
    "set",
    "dict",
    "sorted",
    "reversed",
    "abs",
    "len",
    "iter",
    "bool",
}


def calls(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `dropped-call`, `wrong-function`, `dropped-await` and `missing-super`."""
    if isinstance(node, ast.Await):
        yield text.edit("dropped-await", text.span(node), text.text(node.value))
    elif isinstance(node, ast.Expr) and _asks_super(node.value):
        yield text.removal("missing-super", node)
    elif isinstance(node, ast.Call):
        yield from _dropped(text, node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _OTHER:
            end = text.span(node.func)[1]
            yield text.edit("wrong-function", (end - len(name), end), _OTHER[name])


def _asks_super(value: ast.expr) -> bool:
    call = value.value if isinstance(value, ast.Await) else value
    inner = call.func.value if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else None
    return isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "super"


def _dropped(text: SourceText, node: ast.Call) -> Iterator[Mutation]:
    """Yield `f(x)` as `x`, and `x.method(...)` as `x` where the method gives such a value back."""
    if isinstance(text.parent(node), ast.Expr) or node.keywords:
        return
    if isinstance(node.func, ast.Name) and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
        if node.func.id in _CONVERSIONS or node.func.id.islower():
            inner = text.text(node.args[0])
            held = f"({inner})" if isinstance(node.args[0], (ast.GeneratorExp, ast.Tuple)) else inner
            yield text.edit("dropped-call", text.span(node), held)
    elif isinstance(node.func, ast.Attribute) and not node.args:
        yield text.edit("dropped-call", text.span(node), text.text(node.func.value))
