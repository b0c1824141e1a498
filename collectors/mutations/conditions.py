"""Conditions: `not` dropped or added, `and` for `or`, an operand left out, branches exchanged."""

import ast
import itertools
from collections.abc import Iterator

from collectors.mutations.comparisons import between
from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText

_BOOLEAN = {"and": "or", "or": "and"}


def conditions(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `dropped-not`, `added-not`, `boolean-operator`, `dropped-operand` and `swapped-branches`."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield text.edit("dropped-not", text.span(node), text.text(node.operand))
    elif isinstance(node, ast.BoolOp):
        yield from _boolean(text, node)
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield from _added_not(text, node.test)
        if isinstance(node, ast.IfExp):
            yield text.swap("swapped-branches", node.body, node.orelse)
        elif isinstance(node, ast.If):
            yield from _swapped(text, node)
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield from _added_not(text, test)


def _added_not(text: SourceText, test: ast.expr) -> Iterator[Mutation]:
    if isinstance(test, ast.UnaryOp) or (isinstance(test, ast.Constant) and test.value is True):
        return
    inner = text.text(test)
    simple = isinstance(test, (ast.Name, ast.Attribute, ast.Call, ast.Subscript))
    yield text.edit("added-not", text.span(test), f"not {inner}" if simple else f"not ({inner})")


def _boolean(text: SourceText, node: ast.BoolOp) -> Iterator[Mutation]:
    for left, right in itertools.pairwise(node.values):
        yield from between(text, "boolean-operator", (left, right), _BOOLEAN)
    first, second = node.values[0], node.values[1]
    start, end = text.span(node)
    yield text.edit("dropped-operand", (text.span(node.values[-2])[1], end), "", runs_at=text.line_of(start))
    yield text.edit("dropped-operand", (start, text.span(second)[0]), "", runs_at=first.lineno)


def _swapped(text: SourceText, node: ast.If) -> Iterator[Mutation]:
    one_each = len(node.body) == len(node.orelse) == 1
    if one_each and not isinstance(node.orelse[0], ast.If) and not isinstance(node.body[0], ast.If):
        yield text.swap("swapped-branches", node.body[0], node.orelse[0], runs_at=node.lineno)
