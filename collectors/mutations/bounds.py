"""Bounds: ranges, slices and indices that are off by one."""

import ast
from collections.abc import Iterator

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText


def bounds(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `range-bound`, `slice-bound` and `index`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        yield from _range(text, node)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        yield from _slice(text, node.slice)
    elif isinstance(node, ast.Subscript):
        yield from _index(text, node.slice)


def shifted(text: SourceText, operator: str, node: ast.expr) -> Iterator[Mutation]:
    """Yield the edits that make an integer one more and one less; a literal is computed, `x + 1` becomes `x`."""
    number = _integer(node)
    if number is not None:
        for other in (number + 1, number - 1):
            yield text.edit(operator, text.span(node), str(other))
        return
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and _integer(node.right) == 1:
        yield text.edit(operator, (text.span(node.left)[1], text.span(node)[1]), "")
        return
    inner = text.text(node)
    held = inner if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp)) else f"({inner})"
    for sign in ("-", "+"):
        yield text.edit(operator, text.span(node), f"{held} {sign} 1")


def _range(text: SourceText, node: ast.Call) -> Iterator[Mutation]:
    ends = node.args[:2]
    if any(isinstance(end, ast.Starred) for end in ends):
        return
    for end in ends:
        if _integer(end) is None:
            yield from shifted(text, "range-bound", end)
    if len(node.args) == 1 and ends:
        start = text.span(ends[0])[0]
        yield text.edit("range-bound", (start, start), "1, ")


def _slice(text: SourceText, node: ast.Slice) -> Iterator[Mutation]:
    for end in (node.lower, node.upper):
        if end is not None:
            yield from shifted(text, "slice-bound", end)
            yield text.edit("slice-bound", text.span(end), "")
    if node.lower is None and node.step is None:
        start = text.span(node)[0]
        yield text.edit("slice-bound", (start, start), "1")


def _index(text: SourceText, index: ast.expr) -> Iterator[Mutation]:
    number = _integer(index)
    if number in (0, -1):
        yield text.edit("index", text.span(index), "-1" if number == 0 else "0")
    elif isinstance(index, ast.BinOp) and isinstance(index.op, (ast.Add, ast.Sub)):
        yield from shifted(text, "index", index)


def _integer(node: ast.expr) -> int | None:
    """Return the value of an integer literal, signed or not."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None
