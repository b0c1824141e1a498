"""Module names: what the top-level names of a source file stand for, read from its text alone."""

import ast
from collections.abc import Iterator


class ModuleNames:
    """The imports, definitions and assignments at the top level of a file, those under `if` and `try` included.

    `assigned` maps a name to the expression that it was assigned, the last one.
    """

    def __init__(self, module: ast.Module) -> None:
        self._imported: dict[str, str] = {}
        self._defined: set[str] = set()
        self.assigned: dict[str, ast.expr] = {}
        for statement in _statements(module):
            self._take(statement)
        self.assigned = {name: value for name, value in self.assigned.items() if name not in self._defined}

    def _take(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                first = alias.name.partition(".")[0]
                self._imported[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(statement, ast.ImportFrom):
            home = "." * statement.level + (statement.module or "")
            self._imported |= {alias.asname or alias.name: f"{home}.{alias.name}" for alias in statement.names}
        elif isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            self._defined.add(statement.name)
        elif isinstance(statement, ast.Assign):
            self.assigned |= {
                target.id: statement.value for target in statement.targets if isinstance(target, ast.Name)
            }
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            self.assigned[statement.target.id] = statement.value

    def resolve(self, node: ast.expr) -> str | None:
        """Return the full dotted name that a name or attribute stands for; a name that is not bound here is a builtin."""
        name = dotted(node)
        if name is None:
            return None
        first, point, rest = name.partition(".")
        own = first in self._defined or first in self.assigned
        return self._imported.get(first, first if own else f"builtins.{first}") + point + rest


def dotted(node: ast.expr) -> str | None:
    """Return `a.b.c` for a name or for attributes of a name."""
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else None
    return node.id if isinstance(node, ast.Name) else None


def _statements(module: ast.Module) -> Iterator[ast.stmt]:
    pending: list[ast.stmt] = list(module.body)
    while pending:
        statement = pending.pop(0)
        yield statement
        if isinstance(statement, (ast.If, ast.Try)):
            pending[:0] = [*statement.body, *statement.orelse]
