"""Functions of a source file: where each begins and ends, so that lines can be joined to functions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function or method; `first_line` is that of its first decorator, as the interpreter counts."""

    path: str
    name: str
    first_line: int
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
                body_line=child.body[0].lineno,
                last_line=child.end_lineno or child.lineno,
            )
            yield from _walk(path, child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from _walk(path, child, f"{prefix}{child.name}.")
        else:
            yield from _walk(path, child, prefix)


def innermost(functions: list[Function], line: int) -> Function | None:
    """Return the innermost function whose body holds the line."""
    holding = [function for function in functions if function.holds(line)]
    return max(holding, key=lambda function: function.first_line, default=None)
