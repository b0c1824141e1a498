"""Returns: of nothing, of the opposite, not at all, or too early; and loops that are left the other way."""

import ast
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText


def returns(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `wrong-return`, `dropped-return`, `early-return` and `wrong-loop-exit`."""
    if isinstance(node, ast.Return) and node.value is not None:
        yield from _wrong(text, node, node.value)
        start = text.span(node)[0]
        if not isinstance(node.value, ast.Constant):
            yield text.edit("dropped-return", (start, text.span(node.value)[0]), "")
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
        yield from _inside_loop(text, node)
    elif isinstance(node, (ast.Break, ast.Continue)):
        other = "continue" if isinstance(node, ast.Break) else "break"
        yield text.edit("wrong-loop-exit", text.span(node), other)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _before_the_end(text, node)


def _wrong(text: SourceText, node: ast.Return, value: ast.expr) -> Iterator[Mutation]:
    if not (isinstance(value, ast.Constant) and value.value is None):
        yield text.edit("wrong-return", text.span(value), "None", runs_at=node.lineno)
    if isinstance(value, (ast.Compare, ast.BoolOp)):
        yield text.edit("wrong-return", text.span(value), f"not ({text.text(value)})", runs_at=node.lineno)
    if (
        isinstance(value, ast.Tuple)
        and len(value.elts) == 2
        and not any(isinstance(e, ast.Starred) for e in value.elts)
    ):
        yield text.swap("wrong-return", value.elts[0], value.elts[1], runs_at=node.lineno)


def _inside_loop(text: SourceText, loop: ast.For | ast.AsyncFor | ast.While) -> Iterator[Mutation]:
    """Yield the return after a loop, made inside it: the loop then ends after its first turn."""
    block = text.block_of(loop)
    following = block[block.index(loop) + 1 :][:1]
    last = loop.body[-1]
    lines = text.whole_lines(last)
    if following and isinstance(following[0], ast.Return) and lines and text.source[: lines[1]].endswith("\n"):
        line = f"{text.indent(last)}{text.text(following[0])}\n"
        if "\n" not in line[:-1]:
            yield text.edit("early-return", (lines[1], lines[1]), line, runs_at=last.lineno)


def _before_the_end(text: SourceText, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Mutation]:
    """Yield a bare return before the last statement of a function."""
    last = function.body[-1]
    lines = text.whole_lines(last)
    if len(function.body) < 3 or lines is None or isinstance(last, (ast.Return, ast.Raise)):
        return
    yield text.edit("early-return", (lines[0], lines[0]), f"{text.indent(last)}return\n", runs_at=last.lineno)
