"""Comparisons that look the wrong way, are off at their bound, or ask for identity where equality is meant."""

import ast
import itertools
import re
from collections.abc import Iterator, Mapping

from collectors.mutations.mutation import Mutation
from collectors.mutations.source_text import SourceText

_FLIPPED = {
    "<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "!=", "!=": "==",
    "is": "is not", "is not": "is", "in": "not in", "not in": "in",
}  # fmt: skip
_AT_BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_SAME = {"==": "is", "!=": "is not", "is": "==", "is not": "!="}


def comparisons(text: SourceText, node: ast.AST) -> Iterator[Mutation]:
    """Yield `comparison-flip`, `comparison-boundary` and `identity-equality`."""
    if not isinstance(node, ast.Compare):
        return
    for left, right in itertools.pairwise([node.left, *node.comparators]):
        yield from between(text, "comparison-flip", (left, right), _FLIPPED)
        yield from between(text, "comparison-boundary", (left, right), _AT_BOUND)
        if not any(isinstance(side, ast.Constant) and side.value is None for side in (left, right)):
            yield from between(text, "identity-equality", (left, right), _SAME)


def between(
    text: SourceText, operator: str, sides: tuple[ast.expr, ast.expr], table: Mapping[str, str]
) -> Iterator[Mutation]:
    """Yield the edit that puts in place of the sign between two operands the one that the table has for it."""
    start, end = text.span(sides[0])[1], text.span(sides[1])[0]
    gap = re.sub(r"#[^\n]*", lambda note: " " * len(note[0]), text.source[start:end])
    found = re.search(r"not\s+in\b|is\s+not\b|[a-z]+|[-+*/%@<>=!&|^]+", gap)
    other = table.get(re.sub(r"\s+", " ", found[0])) if found else None
    if found and other:
        yield text.edit(operator, (start + found.start(), start + found.end()), other)
