"""Branch: which way a condition went, told from the statement that ran next; None where that does not tell it."""

import ast

from collectors.accounts.context import Context
from collectors.accounts.statement import LOOPS, TRIES, Statement
from collectors.accounts.step import Step

_JUMPS = (ast.Return, ast.Continue, ast.Break)


class Branches:
    """Tells branches in one context; `exact` says that the interpreter gives a line event for every line that runs.

    That holds from CPython 3.10 on (PEP 626); before, a `continue`, a `pass` or a constant may be run without one.
    """

    def __init__(self, context: Context, *, exact: bool) -> None:
        self._context = context
        self._exact = exact

    def taken(self, step: Step, following: Step | None, *, returned: str | None) -> bool | None:
        """Say whether the body of an `if`, loop or `case` was entered; `returned` is the value that the run ended by."""
        node = step.statement.node
        if node is None or step.statement.detached or step.raised:
            return None
        if step.statement.opaque:
            return self._one_line(node, following, returned)
        if following is None:
            fell = returned is not None and isinstance(node, (ast.If, *LOOPS)) and not self._quiet(node)
            return False if fell else None
        if following.statement.node is None or following.statement.detached:
            return None
        if following.statement.node is node:
            return None
        part = self.part(following.statement, node)
        if part == "body":
            return True
        return None if part is None and self._quiet(node) else False

    def part(self, statement: Statement, node: ast.AST) -> str | None:
        """Return the name of the part of `node` that a statement stands in, None outside it."""
        if statement.node is None:
            return None
        return next((field for above, field in self._context.above(statement.node) if above is node), None)

    def caught(self, step: Step, following: Step | None, *, returned: str | None) -> bool | None:
        """Say whether an `except` took the exception that it was tried on."""
        node = step.statement.node
        if not isinstance(node, ast.ExceptHandler) or step.statement.detached or step.raised:
            return None
        whole = self._context.parents.get(node, (None, ""))[0]
        if following is None:
            return True if returned is not None and step.statement.opaque else None
        if following.statement.node is None:
            return None
        if self.part(following.statement, node) == "body":
            return True
        sibling = self._context.parents.get(following.statement.node, (None, ""))
        if sibling == (whole, "handlers"):
            return False
        if isinstance(whole, TRIES) and self.part(following.statement, whole) == "finalbody":
            return None
        return True if step.statement.opaque else None

    def _one_line(self, node: ast.AST, following: Step | None, returned: str | None) -> bool | None:
        """Tell the branch of `if x: return y` and the like from whether the statement behind it ran."""
        behind = self._behind(node)
        if not isinstance(node, ast.If) or node.orelse or not isinstance(node.body[0], _JUMPS):
            return None
        if following is None:
            known = isinstance(node.body[0], ast.Return) and (behind is not None or returned != "None")
            return True if known and returned is not None else None
        if behind is None:
            return None
        if following.statement.node is behind:
            return False
        loop = next((above for above, _ in self._context.above(node) if isinstance(above, LOOPS)), None)
        goes_on = isinstance(node.body[0], ast.Continue) and following.statement.node is loop
        return True if goes_on and loop is not None else None

    def _behind(self, node: ast.AST) -> ast.AST | None:
        """Return the statement that stands behind a node in the same block."""
        if node not in self._context.parents:
            return None
        parent, field = self._context.parents[node]
        block = getattr(parent, field)
        place = block.index(node) if isinstance(block, list) else len(block)
        return block[place + 1] if place + 1 < len(block) else None

    def _quiet(self, node: ast.AST) -> bool:
        """Say whether the body may begin without a line event."""
        first = getattr(node, "body", [None])[0]
        if isinstance(first, (ast.Global, ast.Nonlocal)) or (isinstance(first, ast.AnnAssign) and first.value is None):
            return True
        constant = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        return not self._exact and (constant or isinstance(first, (ast.Continue, ast.Break, ast.Pass)))
