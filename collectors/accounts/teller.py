"""Teller: a trace's runs, loops and calls as passages, in as much detail as it is asked for."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from collectors.accounts.activation import Activation
from collectors.accounts.call_teller import CallTeller
from collectors.accounts.context import Context
from collectors.accounts.effects import Effects
from collectors.accounts.ends import Ends
from collectors.accounts.final_value import code
from collectors.accounts.loop_teller import LoopTeller
from collectors.accounts.passage import Passage
from collectors.accounts.places import Places
from collectors.accounts.rounds import Loop, rounds_of
from collectors.accounts.scene import Scene, scene_of
from collectors.accounts.sentences import Sentences
from collectors.accounts.statement import LOOPS, TRIES
from collectors.accounts.step import Step
from collectors.accounts.wording import Phrases, assigned, listing, value

_WAYS = (ast.If, *LOOPS, ast.match_case, ast.ExceptHandler, ast.With, ast.AsyncWith)
_MOST_VALUES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much is told: rounds of a loop and calls of a statement one by one, nested calls, characters of a value."""

    rounds: int
    calls: int
    depth: int
    width: int


class Teller:
    """Tells the runs of one trace; `exact` is what `Branches` means by it."""

    def __init__(self, context: Context, phrases: Phrases, detail: Detail, *, exact: bool) -> None:
        self._context = context
        self._places = Places(context)
        self._exact = exact
        self._sentences = Sentences(phrases, width=detail.width)
        self._ends = Ends(self._sentences)
        self._effects = Effects(self._sentences)
        self._loops = LoopTeller(self._sentences, self._ends, self, rounds=detail.rounds)
        self._calls = CallTeller(self._sentences, self, calls=detail.calls, depth=detail.depth)

    def scene(self, run: Activation) -> Scene:
        """Return the scene of a run."""
        return scene_of(run, self._places.of(run), self._context, exact=self._exact)

    def body(self, scene: Scene, depth: int) -> list[Passage]:
        """Return what happened in a run, its end included."""
        for name, text in scene.run.call.locals.items():
            scene.tell(name, text)
        told = self.items(rounds_of(scene.steps, self._context, exact=self._exact), scene, depth)
        if scene.run.end is not None:
            told.append(Passage(text=self._ends.end(scene)))
        elif scene.run.escaped is not None and depth:
            told.append(Passage(text=self._ends.leaves(scene)))
        return told

    def items(self, items: "Sequence[Step | Loop]", scene: Scene, depth: int) -> list[Passage]:
        """Return what happened in some steps and loops of a run."""
        told: list[Passage] = []
        for item in items:
            told += self._loops.loop(item, scene, depth) if isinstance(item, Loop) else self.step(item, scene, depth)
        return told

    def calls(self, step: Step, scene: Scene, depth: int) -> list[Passage]:
        """Return the calls that a statement made."""
        return self._calls.calls(step, scene, depth)

    def step(self, step: Step, scene: Scene, depth: int) -> list[Passage]:
        """Return what happened in one statement: its calls, then what it raised, or its effect."""
        if scene.is_phantom(step):
            return []
        told = self._sentences_of([self._sentences.say("finally", step, scene)] if self._begins_finally(step) else [])
        told += [*self.calls(step, scene, depth), *self._sentences_of(self._ends.raised(step, scene))]
        if self._ends.fails(step, scene):
            return told
        if scene.expression is not None:
            return told
        if step.implied:
            return told + self._values_after(step, scene)
        if step is scene.steps[-1] and scene.run.end is not None and _hands_over(step):
            return told
        told += self._comprehension(step, scene)
        if step.calls and not isinstance(step.statement.node, _WAYS):
            return told + self._values_after(step, scene)
        return told + self._sentences_of(self._effects.effect(step, scene))

    def _begins_finally(self, step: Step) -> bool:
        node = step.statement.node
        if node is None or node not in self._context.parents:
            return False
        above, part = self._context.parents[node]
        return part == "finalbody" and isinstance(above, TRIES) and above.finalbody[0] is node

    def _sentences_of(self, texts: Sequence[str]) -> list[Passage]:
        return [Passage(text=text) for text in texts]

    def _values_after(self, step: Step, scene: Scene) -> list[Passage]:
        """Return what a statement left behind, where that was not told with the calls that it made."""
        changes = step.changes()
        if not changes:
            return []
        for name, (_, text) in changes.items():
            scene.tell(name, text)
        after = {name: text for name, (_, text) in self._sentences.parts(changes).items()}
        values = assigned(after, self._sentences.width)
        named = any(not self.scene(run).expression for run in step.calls)
        return [
            Passage(
                text=self._sentences.say("back" if named else "now", step, scene, function=scene.name, assigned=values)
            )
        ]

    def _comprehension(self, step: Step, scene: Scene) -> list[Passage]:
        """Return the values that the names of an inlined comprehension (from Python 3.12 on) took, as far as frames show them."""
        told = []
        for name in step.statement.loop_names() if not step.statement.opaque else []:
            seen = [state[name] for state in step.passing if name in state]
            texts = [text for place, text in enumerate(seen) if not place or text != seen[place - 1]]
            if texts and name not in step.before:
                told.append(f"{code(name)} takes {self._values(texts)}")
        if not told:
            return []
        text = self._sentences.text(step)
        return [Passage(text=f"In the comprehension of {text}, {listing(told)}.")]

    def _values(self, texts: Sequence[str]) -> str:
        shown = [value(text, self._sentences.width // 2) for text in texts[:_MOST_VALUES]]
        if len(texts) > _MOST_VALUES:
            last = value(texts[-1], self._sentences.width // 2)
            return f"the values {', '.join(shown[:4])} and so on to {last}"
        return f"the value{'s' if len(shown) > 1 else ''} {listing(shown)}"


def _hands_over(step: Step) -> bool:
    """Say whether the statement itself is told by the sentence about the run's end."""
    node = step.statement.node
    if step.statement.opaque or node is None:
        return False
    if isinstance(node, ast.Return):
        return True
    return step.statement.holds(ast.Yield, ast.YieldFrom, ast.Await)
