"""SourceText: a parsed source whose nodes know their place in the text, so that edits keep formatting and comments."""

import ast
import bisect
import re
from collections.abc import Iterator
from typing import Any

from collectors.mutations.mutation import Mutation

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_NEWLINE = re.compile(r"\r\n|\r|\n")


class SourceText:
    """The text, its tree, and what leads from one to the other; raises `SyntaxError` or `ValueError` for no Python.

    Offsets of the tree are bytes of a line and become characters of the text. Nodes inside f-strings are left out:
    Python 3.11 gives them wrong places.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = ast.parse(source)
        self._starts = [0, *(found.end() for found in _NEWLINE.finditer(source))]
        self._parents: dict[ast.AST, ast.AST] = {}
        self.nodes = list(self._walk(self.tree))

    def _walk(self, node: ast.AST) -> Iterator[ast.AST]:
        yield node
        if isinstance(node, ast.JoinedStr):
            return
        for child in ast.iter_child_nodes(node):
            self._parents[child] = node
            yield from self._walk(child)

    def nodes_below(self, body: list[ast.stmt]) -> Iterator[ast.AST]:
        """Yield the nodes of these statements."""
        for statement in body:
            yield from self._inside(statement)

    def _inside(self, node: ast.AST) -> Iterator[ast.AST]:
        yield node
        if not isinstance(node, ast.JoinedStr):
            for child in ast.iter_child_nodes(node):
                yield from self._inside(child)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that holds this one."""
        return self._parents.get(node)

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """Return the innermost function around the node."""
        return self._around(node, (ast.FunctionDef, ast.AsyncFunctionDef))

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the innermost class around the node."""
        return self._around(node, (ast.ClassDef,))

    def _around(self, node: ast.AST, kinds: tuple[type, ...]) -> Any:
        at = self.parent(node)
        while at is not None and not isinstance(at, kinds):
            at = self.parent(at)
        return at

    def block_of(self, statement: ast.stmt) -> list[ast.stmt]:
        """Return the statements among which this one stands."""
        parent = self.parent(statement)
        fields = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
        return next(f for f in fields if isinstance(f, list) and statement in f)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return the offsets of the node's begin and end; parentheses around it are not its own."""
        begin, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return self._offset(*begin), self._offset(*end)

    def text(self, node: ast.AST) -> str:
        """Return the node's own text."""
        start, end = self.span(node)
        return self.source[start:end]

    def line_of(self, offset: int) -> int:
        """Return the number of the line that holds the offset."""
        return bisect.bisect_right(self._starts, offset)

    def line_start(self, line: int) -> int:
        """Return the offset of the line's begin; the line after the last begins at the end."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.source)

    def indent(self, statement: ast.stmt) -> str | None:
        """Return the white space before the statement, or None when something else stands before it on its line."""
        start = self.span(statement)[0]
        before = self.source[self.line_start(self.line_of(start)) : start]
        return before if not before.strip() else None

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        return start + len(self.source[start : self.line_start(line + 1)].encode()[:column].decode(errors="ignore"))

    def edit(self, operator: str, span: tuple[int, int], replacement: str, *, runs_at: int | None = None) -> Mutation:
        """Return the edit that puts the replacement between the offsets."""
        line = self.line_of(span[0])
        start, end = span
        return Mutation(
            operator=operator,
            line_number=line,
            runs_at=runs_at or line,
            start=start,
            end=end,
            replacement=replacement,
        )

    def swap(self, operator: str, left: ast.AST, right: ast.AST, *, runs_at: int | None = None) -> Mutation:
        """Return the edit that exchanges the texts of two nodes, of which the first comes first."""
        (a, b), (c, d) = self.span(left), self.span(right)
        return self.edit(operator, (a, d), self.source[c:d] + self.source[b:c] + self.source[a:b], runs_at=runs_at)

    def whole_lines(self, statement: ast.stmt) -> tuple[int, int] | None:
        """Return the offsets of the lines that the statement has for itself, or None where it shares one."""
        start, end = self.span(statement)
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])
        after = self.line_start(self.line_of(end) + 1)
        rest = self.source[end:after].strip()
        alone = self.indent(statement) is not None and (not rest or rest.startswith("#"))
        return (self.line_start(first), after) if alone and start < after else None

    def removal(self, operator: str, statement: ast.stmt, *, runs_at: int | None = None) -> Mutation:
        """Return the edit that takes the statement out: with its lines, or as `pass` where a block would be empty."""
        lines = self.whole_lines(statement)
        at = runs_at or statement.lineno
        if lines is None or len(self.block_of(statement)) == 1:
            return self.edit(operator, self.span(statement), "pass", runs_at=at)
        edit = self.edit(operator, lines, "", runs_at=at)
        return edit if edit.end > edit.start else self.edit(operator, self.span(statement), "pass", runs_at=at)


def first_run(body: list[ast.stmt]) -> int:
    """Return the line of the first statement that runs, which a docstring does not."""
    return body[1 if len(body) > 1 and is_docstring(body[0]) else 0].lineno


def is_docstring(statement: ast.stmt) -> bool:
    """Say whether the statement is a text alone."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
