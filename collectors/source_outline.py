"""Source outline: where the definitions of a file begin, and how far their signatures and docstrings reach."""

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LONGEST_DOCSTRING = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One function or class by its lines, counted from 1: `first` is that of its first decorator.

    `header` ends its signature, `described` its docstring where that is short; `indent` is that of the body.
    """

    first: int
    header: int
    described: int
    last: int
    indent: str


def outline(lines: Sequence[str]) -> list[Definition]:
    """Return all definitions of a file in the order of their first lines; none where it cannot be parsed here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    return sorted(_definitions(tree, lines), key=lambda found: (found.first, -found.last))


def _definitions(tree: ast.AST, lines: Sequence[str]) -> Iterator[Definition]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield _definition(node, lines)


def _definition(node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef", lines: Sequence[str]) -> Definition:
    body = node.body[0]
    begins = min([body.lineno, *(d.lineno for d in getattr(body, "decorator_list", ()))])
    header = max(node.lineno, begins - 1)
    while header > node.lineno and not lines[header - 1].partition("#")[0].strip():
        header -= 1
    described = header
    docstring = ast.get_docstring(node, clean=False)
    if docstring is not None and begins > node.lineno and len(docstring) <= _LONGEST_DOCSTRING:
        described = body.end_lineno or header
    return Definition(
        first=min([node.lineno, *(d.lineno for d in node.decorator_list)]),
        header=header,
        described=described,
        last=node.end_lineno or header,
        indent=" " * body.col_offset if begins > node.lineno else "",
    )
