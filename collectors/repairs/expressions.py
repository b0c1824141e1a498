"""Expressions that may have lost a part: a call around them, an argument, a sign, a term, their `return` or `await`."""

import ast
from collections import Counter
from collections.abc import Iterator

from collectors.mutations.exception_classes import related
from collectors.mutations.mutation import Mutation
from collectors.mutations.names import variables
from collectors.mutations.source_text import SourceText
from collectors.repairs.clue import Clue

_CALLS = ("list", "str", "len", "tuple", "int", "sorted", "set")
_METHODS = ("strip", "copy", "lower", "items")
_NAMES, _USED = 6, 6


def missing_parts(text: SourceText, clue: Clue) -> Iterator[Mutation]:
    """Yield the edits that put back what an expression on a suspicious line may have lost."""
    used = _calls_used(text)
    for node in text.nodes:
        if getattr(node, "lineno", 0) not in clue.lines:
            continue
        if isinstance(node, ast.Return):
            yield from _returned(text, node)
        elif isinstance(node, ast.Expr):
            start = text.span(node)[0]
            yield text.edit("added-return", (start, start), "return ")
        elif isinstance(node, ast.Call):
            yield from _arguments(text, node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from _other_names(text, node)
        elif isinstance(node, ast.Attribute):
            yield from _other_attributes(text, node)
        elif isinstance(node, (ast.ExceptHandler, ast.Raise)):
            yield from _classes(text, node)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1:
            yield from _augmented(text, node)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                yield text.edit("added-not", text.span(value), f"not {text.text(value)}")
        elif isinstance(node, ast.Constant) and type(node.value) is int and node.value > 0:
            yield text.edit("added-sign", text.span(node), f"-{text.text(node)}")
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
            yield from _wrapped(text, node, used)


def shared_defaults(text: SourceText, clue: Clue) -> Iterator[Mutation]:
    """Yield None for a default that calls share, and other truth values of defaults of functions that are suspicious."""
    for node in text.nodes:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = any(node.lineno <= line <= (node.end_lineno or 0) for line in clue.lines)
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)] if inside else []:
                if isinstance(default, (ast.List, ast.Dict)) or _is_false(default):
                    yield text.edit("default-none", text.span(default), "None", runs_at=node.body[0].lineno)


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _returned(text: SourceText, node: ast.Return) -> Iterator[Mutation]:
    """Yield a variable in place of None, the one that came into being last at first."""
    function = text.function_of(node)
    if function is None or not (
        node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)
    ):
        return
    for name in [*reversed(variables(function)), "True", "False"][:_NAMES]:
        yield text.edit("returned-variable", text.span(node), f"return {name}")


def _arguments(text: SourceText, node: ast.Call) -> Iterator[Mutation]:
    """Yield an argument more: a keyword as another call of the same function has it, or a variable."""
    called, end = text.text(node.func), text.span(node)[1] - 1
    comma = ", " if node.args or node.keywords else ""
    given = {keyword.arg for keyword in node.keywords}
    others = [n for n in text.nodes if isinstance(n, ast.Call) and n is not node and text.text(n.func) == called]
    words = [text.text(k) for other in others for k in other.keywords if k.arg and k.arg not in given]
    function = text.function_of(node)
    names = variables(function) if function else []
    words += [f"{name}={name}" for name in names if name in _parameters(text, called) and name not in given]
    words += [] if node.keywords else [name for name in names if name != "self"][:_NAMES]
    if "\n" not in text.source[text.span(node.func)[1] : end] and not any(
        isinstance(a, ast.GeneratorExp) for a in node.args
    ):
        for word in dict.fromkeys(words):
            yield text.edit("added-argument", (end, end), f"{comma}{word}", runs_at=node.lineno)


def _parameters(text: SourceText, called: str) -> set[str]:
    name = called.rsplit(".", 1)[-1]
    found = [n for n in text.nodes if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.name == name]
    return {argument.arg for node in found for argument in [*node.args.args, *node.args.kwonlyargs]}


def _other_names(text: SourceText, node: ast.Name) -> Iterator[Mutation]:
    function = text.function_of(node)
    known = variables(function) if function else []
    if node.id in known:
        for other in known[:12]:
            if other not in (node.id, "self", "cls"):
                yield text.edit("another-variable", text.span(node), other)


def _other_attributes(text: SourceText, node: ast.Attribute) -> Iterator[Mutation]:
    owner = text.class_of(node)
    if owner is None or not (isinstance(node.value, ast.Name) and node.value.id == "self"):
        return
    own = [
        n.attr
        for n in ast.walk(owner)
        if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store) and getattr(n.value, "id", "") == "self"
    ]
    if node.attr in own:
        end = text.span(node)[1]
        for other in sorted(set(own) - {node.attr}):
            yield text.edit("another-attribute", (end - len(node.attr), end), other)


def _classes(text: SourceText, node: ast.ExceptHandler | ast.Raise) -> Iterator[Mutation]:
    found = node.type if isinstance(node, ast.ExceptHandler) else node.exc
    place = found.func if isinstance(found, ast.Call) else found
    if place is not None:
        for other in related(text.text(place)):
            yield text.edit("another-exception", text.span(place), other)


def _augmented(text: SourceText, node: ast.Assign) -> Iterator[Mutation]:
    """Yield `+=` for the `=` of a plain target."""
    start, end = text.span(node.targets[0])[1], text.span(node.value)[0]
    if isinstance(node.targets[0], (ast.Name, ast.Attribute)) and text.source[start:end].strip() == "=":
        yield text.edit("added-operator", (start, end), " += ")


def _calls_used(text: SourceText) -> tuple[list[str], list[str]]:
    """Return the functions of one argument and the methods of none that may be missing, those first that the file uses most."""
    functions: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    for node in text.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
            functions[node.func.id] += 1
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args and not node.keywords
        ):
            methods[node.func.attr] += 1
    return (
        list(dict.fromkeys([*(name for name, _ in functions.most_common(_USED)), *_CALLS])),
        list(dict.fromkeys([*(name for name, _ in methods.most_common(_USED)), *_METHODS])),
    )


def _wrapped(text: SourceText, node: ast.expr, used: tuple[list[str], list[str]]) -> Iterator[Mutation]:
    parent = text.parent(node)
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or (
        isinstance(parent, ast.Call) and parent.func is node
    ):
        return
    inner, span = text.text(node), text.span(node)
    if isinstance(node, ast.Call) and isinstance(text.function_of(node), ast.AsyncFunctionDef):
        yield text.edit("added-await", span, f"await {inner}")
    if isinstance(parent, ast.Attribute):
        return
    yield text.edit("added-sign", span, f"-{inner}")
    yield text.edit("added-term", span, f"{inner} - 1")
    yield text.edit("added-term", span, f"{inner} + 1")
    if isinstance(parent, (ast.Return, ast.Call, ast.Assign, ast.IfExp, ast.keyword)):
        yield text.edit("added-not", span, f"not {inner}")
    for function in used[0]:
        yield text.edit("added-call", span, f"{function}({inner})")
    for method in used[1]:
        yield text.edit("added-call", span, f"{inner}.{method}()")
    yield text.edit("added-call", span, f"{inner}()")
