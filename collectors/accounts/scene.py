"""Scene: one run of a trace with its steps, what it is called, and which values the reader was told last."""

import ast
import functools
from dataclasses import dataclass, field

from collectors.accounts.activation import Activation
from collectors.accounts.branch import Branches
from collectors.accounts.context import Context
from collectors.accounts.final_value import code
from collectors.accounts.places import Place
from collectors.accounts.statement import FUNCTIONS, LOOPS
from collectors.accounts.step import Step, steps_of
from trajectories.frame import FrameKind

_EXPRESSIONS = {
    "<lambda>": "the lambda",
    "<listcomp>": "the list comprehension",
    "<setcomp>": "the set comprehension",
    "<dictcomp>": "the dictionary comprehension",
    "<genexpr>": "the generator expression",
}
_RECENT = 5


@dataclass(slots=True, kw_only=True)
class Scene:
    """Holds what sentences about one run need; `told` has the values that were told in it, with when that was."""

    run: Activation
    place: Place
    steps: list[Step]
    context: Context
    branches: Branches
    exact: bool
    told: dict[str, tuple[str, int]] = field(default_factory=dict)
    sentences: int = 0
    places: dict[int, int] = field(default_factory=dict)

    @property
    def returned(self) -> str | None:
        """Return the value that the run ended by, None where an exception left it."""
        return self.run.end.value if self.run.end is not None else None

    @property
    def short_name(self) -> str:
        """Return the name of the function without what it is nested in."""
        return self.run.function.rpartition(".<locals>.")[2]

    @property
    def expression(self) -> str | None:
        """Return what the run is of where that is no function with a name."""
        return _EXPRESSIONS.get(self.short_name.rpartition(".")[2])

    @property
    def name(self) -> str:
        """Return what the run is called in a sentence."""
        if self.short_name == "<module>":
            return "the program"
        return self.expression or (code(self.short_name) if self.short_name else "the function")

    def following(self, step: Step) -> Step | None:
        """Return the step that came next in the run."""
        place = self._place(step) + 1
        return self.steps[place] if place < len(self.steps) else None

    def previous(self, step: Step) -> Step | None:
        """Return the step that came before in the run."""
        place = self._place(step)
        return self.steps[place - 1] if place else None

    def taken(self, step: Step) -> bool | None:
        """Say whether the body of an `if`, loop or `case` was entered, None where the frames do not tell it."""
        following = self.following(step)
        if following is not None and self.is_phantom(following):
            return None
        return self.branches.taken(step, following, returned=self.returned)

    def is_phantom(self, step: Step) -> bool:
        """Say whether the line of a step may have been named without being run.

        CPython 3.11 gives the raise that ends a `finally` the line of its last statement, be that one in a branch that was
        not taken.
        """
        before, behind, node = self.previous(step), self.following(step), step.statement.node
        if before is None or node is None or step.raised or step.calls or step.changes():
            return False
        header = before.statement.node
        if not isinstance(header, (ast.If, *LOOPS)) or self.branches.part(step.statement, header) != "body":
            return False
        ending = [above for above, part in self.context.above(node) if part == "finalbody"]
        if not ending:
            return False
        if behind is None:
            return self.run.end is None
        around = list(self.context.above(behind.statement.node)) if behind.statement.node is not None else []
        handled = isinstance(behind.statement.node, ast.ExceptHandler) or any(part == "finalbody" for _, part in around)
        return handled and not any(above is ending[0] and part == "finalbody" for above, part in around)

    def _place(self, step: Step) -> int:
        if not self.places:
            self.places.update((id(one), number) for number, one in enumerate(self.steps))
        return self.places[id(step)]

    def tell(self, name: str, text: str) -> None:
        """Note that the reader was told a value."""
        self.told[name] = (text, self.sentences)

    def is_fresh(self, name: str, text: str) -> bool:
        """Say whether the reader was told this value a few sentences ago."""
        known = self.told.get(name)
        return known is not None and known[0] == text and self.sentences - known[1] < _RECENT

    def arguments(self) -> dict[str, str] | None:
        """Return the bound arguments; None where the source does not tell them from variables of an outer function."""
        if not isinstance(self.place.function, FUNCTIONS):
            return None
        spec = self.place.function.args
        every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
        names = [argument.arg for argument in every if argument is not None]
        return {name: text for name, text in self.run.call.locals.items() if name in names}

    def resumed(self) -> bool:
        """Say whether the run goes on where a generator was suspended, or an exception was thrown into it."""
        return not self.place.begins(self.run.call) or self.run.call.kind is not FrameKind.CALL

    def is_generator(self) -> bool:
        """Say whether the function yields or awaits."""
        if self.short_name.endswith("<genexpr>"):
            return True
        return self.place.function is not None and _is_generator(self.place.function)

    def leaves_by(self) -> str:
        """Return how a run that ended by a value was left: `returns`, `yields`, `finishes`, or `hands` if that is not clear."""
        if not self.is_generator():
            return "returns"
        last = self.steps[-1] if self.steps else None
        node = last.statement.node if last is not None else None
        if last is None or node is None or last.statement.opaque:
            return "hands"
        if isinstance(node, ast.Return):
            return "finishes"
        if not any(_suspends(part) for part in last.statement.parts()):
            return "finishes"
        inside = [one for one in ast.walk(node) if isinstance(one, (ast.Yield, ast.YieldFrom, ast.Await))]
        plain = isinstance(node, (ast.Expr, ast.Assign)) and len(inside) == 1 and inside[0] is node.value
        if not plain or not isinstance(inside[0], ast.Yield):
            return "hands"
        if not last.implied:
            return "yields"
        return "finishes" if self.returned == "None" else "hands"


@functools.lru_cache(maxsize=1024)
def _is_generator(function: ast.AST) -> bool:
    return any(_suspends(node) for node in getattr(function, "body", []))


def _suspends(node: ast.AST) -> bool:
    if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await)):
        return True
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        return False
    return any(_suspends(child) for child in ast.iter_child_nodes(node))


def scene_of(run: Activation, place: Place, context: Context, *, exact: bool) -> Scene:
    """Return the scene of a run."""
    return Scene(
        run=run,
        place=place,
        steps=steps_of(run, place),
        context=context,
        branches=Branches(context, exact=exact),
        exact=exact,
    )
