"""Functions of a source file: where each begins and ends, so that lines can be joined to functions."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function or method; `first_line` is that of its first decorator, as the interpreter counts.

    `signature_line` is the last line of the signature: the `def` statement itself runs no line after it.
    """

    path: str
    name: str
    first_line: int
    signature_line: int
    body_line: int
    last_line: int

    def holds(self, line: int) -> bool:
        """Say whether the line belongs to the function's body."""
        return self.body_line <= line <= self.last_line


def functions_of(path: str, source: str) -> list[Function]:
    """Return all functions of the source, outer before inner; none when it cannot be parsed."""
    try:
        return list(_walk(path, ast.parse(source), ""))
    except (SyntaxError, ValueError):
        return []


def _walk(path: str, node: ast.AST, prefix: str) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Function(
                path=path,
                name=prefix + child.name,
                first_line=min([child.lineno, *(d.lineno for d in child.decorator_list)]),
                signature_line=_signature_line(child),
                body_line=child.body[0].lineno,
                last_line=child.end_lineno or child.lineno,
            )
            yield from _walk(path, child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from _walk(path, child, f"{prefix}{child.name}.")
        else:
            yield from _walk(path, child, prefix)


def _signature_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    parts = [*ast.walk(node.args), *([node.returns] if node.returns else [])]
    return max([node.lineno, *(getattr(part, "end_lineno", None) or 0 for part in parts)])


def innermost(functions: list[Function], line: int, entered: Collection[int]) -> Function | None:
    """Return the innermost function whose body holds the line, among those that can have run it.

    A line that a body shares with its `def` statement counts for functions that were entered (their first lines), since
    the statement runs it too.
    """
    holding = [f for f in functions if f.holds(line) and (line > f.signature_line or f.first_line in entered)]
    return max(holding, key=lambda function: function.first_line, default=None)
