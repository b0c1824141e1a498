"""Rounds: the steps of a run as a tree of loops, each with its rounds, so that long loops can be told in short."""

import ast
from dataclasses import dataclass, field

from collectors.accounts.context import Context
from collectors.accounts.statement import FUNCTIONS, LOOPS
from collectors.accounts.step import Step


@dataclass(slots=True, kw_only=True)
class Round:
    """One visit of a loop's header, and what ran in the body before the next one."""

    header: Step
    items: list["Step | Loop"] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Loop:
    """A loop that was entered at its header; its last visit has no items where it ended there."""

    visits: list[Round]

    @property
    def rounds(self) -> list[Round]:
        """Return the visits after which the body ran."""
        return [visit for visit in self.visits if visit.items]

    @property
    def ending(self) -> Step | None:
        """Return the visit of the header that ended the loop, None for one that was left from inside."""
        return None if self.visits[-1].items else self.visits[-1].header

    def steps(self) -> list[Step]:
        """Return all steps of the loop in the order in which they ran."""
        return [step for visit in self.visits for step in [visit.header, *flat(visit.items)]]


def flat(items: "list[Step | Loop]") -> list[Step]:
    """Return the steps of the items, those of loops included."""
    return [step for item in items for step in (item.steps() if isinstance(item, Loop) else [item])]


def rounds_of(steps: list[Step], context: Context, *, exact: bool) -> "list[Step | Loop]":
    """Return the steps with those of each loop put together; of a resumed generator's loop, whose header comes late, not.

    Where line events are not `exact` (before CPython 3.10), `while True` is entered once and not seen again: it stays flat.
    """
    made: list[Step | Loop] = []
    resumed_in = _loops_around(steps[0], context) if steps and steps[0].implied else []
    open_loops: list[tuple[object, Loop]] = []
    for step in steps:
        node = step.statement.node
        path = _loops_around(step, context)
        is_header = _is_header(step, exact) and node not in resumed_in
        while open_loops and open_loops[-1][0] not in path and not (is_header and open_loops[-1][0] is node):
            open_loops.pop()
        around = len([loop for loop, _ in open_loops if loop in path])
        if is_header and open_loops and open_loops[-1][0] is node:
            open_loops[-1][1].visits.append(Round(header=step))
            continue
        held = open_loops[-1][1].visits[-1].items if open_loops else made
        if is_header and around == len(path):
            loop = Loop(visits=[Round(header=step)])
            held.append(loop)
            open_loops.append((node, loop))
        else:
            held.append(step)
    return made


def _is_header(step: Step, exact: bool) -> bool:
    node, statement = step.statement.node, step.statement
    if not isinstance(node, LOOPS) or statement.opaque or statement.detached:
        return False
    return exact or not isinstance(node, ast.While) or not isinstance(node.test, ast.Constant)


def _loops_around(step: Step, context: Context) -> list[object]:
    """Return the loops of the same function whose bodies hold the step."""
    found: list[object] = []
    if step.statement.node is None or step.statement.detached:
        return found
    for above, part in context.above(step.statement.node):
        if isinstance(above, FUNCTIONS):
            break
        if isinstance(above, LOOPS) and part == "body":
            found.append(above)
    return found
