"""Mutations: one-line edits of Python source by operator family, which keep formatting and comments.

The same families plant bugs and, applied to a buggy line, propose fixes: most of them are their own inverse.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARE = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",),
    "is": ("is not",), "is not": ("is",), "in": ("not in",), "not in": ("in",),
}  # fmt: skip
_BINARY = {"+": "-", "-": "+", "*": "//", "/": "*", "//": "*", "%": "//", "&": "|", "|": "&", "<<": ">>", ">>": "<<"}
_BOOLEAN = {"and": "or", "or": "and"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One edit: the text between two offsets of the source (in characters) is replaced."""

    operator: str
    line_number: int
    start: int
    end: int
    replacement: str

    def apply(self, source: str) -> str:
        """Return the source with the edit made."""
        return source[: self.start] + self.replacement + source[self.end :]


def mutations_of(source: str, lines: set[int]) -> list[Mutation]:
    """Return all edits whose place is on one of the lines, in the order of the source; those that do not parse are left out."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    finder = _Finder(source)
    found = [m for node in ast.walk(tree) for m in finder.at(node) if m.line_number in lines]
    valid = [m for m in found if m.apply(source) != source and _parses(m.apply(source))]
    return sorted(valid, key=lambda m: (m.start, m.end, m.operator, m.replacement))


def _parses(source: str) -> bool:
    try:
        compile(source, "<mutation>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


class _Finder:
    """Finds the edits at one node; offsets of the syntax tree are bytes of a line and become characters of the text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def at(self, node: ast.AST) -> Iterator[Mutation]:
        """Yield the edits of the node itself, not of its children."""
        if isinstance(node, ast.Compare):
            yield from self._compare(node)
        elif isinstance(node, ast.BoolOp):
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from self._between("boolean", left, right, {k: (v,) for k, v in _BOOLEAN.items()})
        elif isinstance(node, ast.BinOp):
            yield from self._between("arithmetic", node.left, node.right, {k: (v,) for k, v in _BINARY.items()})
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield self._edit("drop-not", node, self._text(node.operand))
        elif isinstance(node, ast.Constant):
            yield from self._constant(node)
        elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
            yield self._edit("negate-condition", node.test, f"not ({self._text(node.test)})")
        elif isinstance(node, ast.Return) and node.value is not None:
            yield self._edit("return-none", node.value, "None")
        elif isinstance(node, ast.Call):
            yield from self._arguments(node)
        elif isinstance(node, (ast.Assign, ast.AugAssign)) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        ):
            yield self._edit("drop-statement", node, "pass")

    def _compare(self, node: ast.Compare) -> Iterator[Mutation]:
        operands = [node.left, *node.comparators]
        for left, right in itertools.pairwise(operands):
            yield from self._between("comparison", left, right, _COMPARE)

    def _between(
        self, operator: str, left: ast.expr, right: ast.expr, table: dict[str, tuple[str, ...]]
    ) -> Iterator[Mutation]:
        start, end = self._span(left)[1], self._span(right)[0]
        gap = self._source[start:end]
        words = sorted(table, key=len, reverse=True)
        spelt = (rf"\b{w}\b".replace(" ", r"\s+") if w[0].isalpha() else re.escape(w) for w in words)
        found = re.search("|".join(spelt), re.sub(r"#[^\n]*", lambda note: " " * len(note[0]), gap))
        if found is None:
            return
        place = start + found.start()
        for other in table.get(re.sub(r"\s+", " ", found[0]), ()):
            yield Mutation(
                operator=operator,
                line_number=self._line_of(place),
                start=place,
                end=place + len(found[0]),
                replacement=other,
            )

    def _constant(self, node: ast.Constant) -> Iterator[Mutation]:
        if type(node.value) is bool:
            yield self._edit("boolean-constant", node, str(not node.value))
        elif type(node.value) is int and self._text(node).isdigit():
            yield self._edit("off-by-one", node, str(node.value + 1))
            if node.value > 0:
                yield self._edit("off-by-one", node, str(node.value - 1))

    def _arguments(self, node: ast.Call) -> Iterator[Mutation]:
        plain = [a for a in node.args if not isinstance(a, ast.Starred)]
        if len(plain) == len(node.args) >= 2:
            (a, b), (c, d) = self._span(node.args[0]), self._span(node.args[1])
            swapped = self._source[c:d] + self._source[b:c] + self._source[a:b]
            yield Mutation(operator="swap-arguments", line_number=self._line_of(a), start=a, end=d, replacement=swapped)

    def _edit(self, operator: str, node: ast.expr | ast.stmt, replacement: str) -> Mutation:
        start, end = self._span(node)
        return Mutation(operator=operator, line_number=node.lineno, start=start, end=end, replacement=replacement)

    def _text(self, node: ast.expr | ast.stmt) -> str:
        start, end = self._span(node)
        return self._source[start:end]

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        return self._starts[line - 1] + len(text.encode()[:column].decode(errors="ignore"))

    def _line_of(self, offset: int) -> int:
        return self._source.count("\n", 0, offset) + 1
