"""Step: one statement's run: the state before and after it, the calls that it made, and what it raised."""

import ast
from dataclasses import dataclass, field

from collectors.accounts.activation import Activation
from collectors.accounts.places import Place
from collectors.accounts.statement import Statement


@dataclass(slots=True, kw_only=True)
class Step:
    """`after` is None where the run ended, or was suspended, in this statement.

    `passing` holds the states in between where several line frames belong to the statement. `implied` says that no line
    frame stands for it: a generator was resumed in it.
    """

    statement: Statement
    before: dict[str, str]
    after: dict[str, str] | None = None
    passing: list[dict[str, str]] = field(default_factory=list)
    calls: list[Activation] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    implied: bool = False

    def changes(self) -> dict[str, tuple[str | None, str]]:
        """Return the old and new text of each name that is another after the step; the statement's own names first."""
        if self.after is None:
            return {}
        changed = {n: (self.before.get(n), t) for n, t in self.after.items() if self.before.get(n) != t}
        own = [name for name in self.statement.binds() if name in changed]
        return {name: changed[name] for name in [*own, *(n for n in changed if n not in own)]}


def steps_of(run: Activation, place: Place) -> list[Step]:
    """Return the steps of a run; line frames that follow each other inside one statement make one step."""
    steps: list[Step] = []
    if not place.begins(run.call):
        steps.append(Step(statement=place.statement(run.call), before=run.call.locals, implied=True))
    for moment in run.moments:
        statement, state = place.statement(moment.frame), moment.frame.locals
        implied = moment.frame is run.call
        if steps and ((implied and steps[-1].implied) or _goes_on(steps[-1], statement)):
            steps[-1].passing.append(state)
        else:
            if steps:
                steps[-1].after = state
            steps.append(Step(statement=statement, before=state, implied=implied))
        steps[-1].calls += moment.calls
        steps[-1].raised += moment.raised
    return steps


def _goes_on(last: Step, statement: Statement) -> bool:
    """Say whether a line frame belongs to the step before it: to a statement of several lines or with a comprehension."""
    node = statement.node
    if node is None or node is not last.statement.node or last.raised or last.implied:
        return False
    if statement.comprehends():
        return True
    places = [place for part in statement.parts() for inner in ast.walk(part) for place in _lines(inner)]
    return bool(places) and max(places) > min([*places, *_lines(node)[:1]])


def _lines(node: ast.AST) -> list[int]:
    """Return the first and the last line of a node, where it has them."""
    found = (getattr(node, name, None) for name in ("lineno", "end_lineno"))
    return [line for line in found if line is not None]
