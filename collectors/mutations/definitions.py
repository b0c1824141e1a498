"""Definitions: another default, a default that calls share, a parameter or a decorator left out, a body emptied."""

import ast
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import FunctionNode, SourceText, first_run, is_docstring

_SHARED = {ast.List: "[]", ast.Dict: "{}"}


def definitions(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield the operators of a function's signature and of its body as a whole."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _defaults(text, node)
        yield from _parameters(text, node)
        yield from _decorators(text, node)
        yield from _bodies(text, node)


def _defaults(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield `changed-default` and `mutable-default`."""
    at = first_run(function.body)
    arguments = function.args
    pairs = [*zip(reversed([*arguments.posonlyargs, *arguments.args]), reversed(arguments.defaults), strict=False)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    for argument, default in pairs:
        other = _other_value(default)
        if other is not None:
            yield text.edit("changed-default", text.span(default), other, runs_at=at)
        if isinstance(default, ast.Constant) and default.value is None:
            shared = _made_when_none(function, argument.arg)
            if shared:
                yield text.edit("mutable-default", text.span(default), shared, runs_at=at)


def _other_value(default: ast.expr) -> str | None:
    value = default.value if isinstance(default, ast.Constant) else ...
    if isinstance(value, bool):
        return str(not value)
    if isinstance(value, int):
        return str(value + 1)
    if isinstance(value, str):
        return '" "' if not value else '""'
    return None if value is not None else "False"


def _made_when_none(function: FunctionNode, name: str) -> str | None:
    """Return the literal that the body makes in place of None, as in `if x is None: x = []`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and [getattr(t, "id", None) for t in node.targets] == [name]:
            value = node.value.body if isinstance(node.value, ast.IfExp) else node.value
            return _SHARED.get(type(value))
    return None


def _parameters(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield `dropped-parameter`: the last one of several, so that no comma is left over."""
    arguments = function.args
    plain = arguments.args
    if arguments.posonlyargs or arguments.vararg or arguments.kwonlyargs or arguments.kwarg or len(plain) < 2:
        return
    before = arguments.defaults[-2] if len(arguments.defaults) > 1 else plain[-2]
    last = arguments.defaults[-1] if arguments.defaults else plain[-1]
    span = (text.span(before)[1], text.span(last)[1])
    yield text.edit("dropped-parameter", span, "", runs_at=first_run(function.body))


def _decorators(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    for decorator in function.decorator_list:
        if text.text(decorator).split(".")[-1] not in ("overload", "abstractmethod"):
            start = text.line_start(decorator.lineno)
            end = text.line_start((decorator.end_lineno or decorator.lineno) + 1)
            yield text.edit("dropped-decorator", (start, end), "", runs_at=first_run(function.body))


def _bodies(text: SourceText, function: FunctionNode) -> Iterator[Mutation]:
    """Yield `emptied-function` and `truncated-function` (CWM's function family)."""
    body = function.body[1 if is_docstring(function.body[0]) else 0 :]
    if not body or text.indent(body[0]) is None:
        return
    end = text.span(body[-1])[1]
    if not isinstance(body[0], ast.Pass):
        yield text.edit("emptied-function", (text.span(body[0])[0], end), "pass", runs_at=body[0].lineno)
    if len(body) > 3:
        kept = body[(len(body) + 1) // 2 - 1]
        at = text.span(kept)[1]
        yield text.edit("truncated-function", (at, end), "", runs_at=body[(len(body) + 1) // 2].lineno)
