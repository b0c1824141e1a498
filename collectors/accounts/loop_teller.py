"""LoopTeller: the rounds of a loop, the first ones one by one, and those that go the same way together."""

import ast
from collections.abc import Sequence
from typing import Protocol

from collectors.accounts.ends import Ends
from collectors.accounts.final_value import code
from collectors.accounts.passage import Passage
from collectors.accounts.rounds import Loop, Round, flat
from collectors.accounts.scene import Scene
from collectors.accounts.sentences import Sentences
from collectors.accounts.step import Step
from collectors.accounts.wording import assigned, counted, listing, shortened, times, value

_NAMES, _MOST_NAMED = 4, 3


class Tells(Protocol):
    """Tells steps of a run, and the calls of one."""

    def items(self, items: "Sequence[Step | Loop]", scene: Scene, depth: int) -> list[Passage]:
        """Return what happened in some steps and loops of a run."""
        ...

    def calls(self, step: Step, scene: Scene, depth: int) -> list[Passage]:
        """Return the calls that a statement made."""
        ...


class LoopTeller:
    """Tells `rounds` rounds of each loop one by one, and each further one that goes a way not told yet, up to as many."""

    def __init__(self, sentences: Sentences, ends: Ends, teller: Tells, *, rounds: int) -> None:
        self._sentences = sentences
        self._ends = ends
        self._teller = teller
        self._most = rounds

    def loop(self, loop: Loop, scene: Scene, depth: int) -> list[Passage]:
        """Return a passage with the rounds below it, and how the loop ended."""
        rounds, header = loop.rounds, loop.visits[0].header
        if not rounds:
            return self._empty(loop, scene, depth)
        if len(loop.visits) == 1 and _is_endless(header):
            return self._teller.items(rounds[0].items, scene, depth)
        occasion = "loop" if loop.ending is not None and not self._ends.fails(loop.ending, scene) else "loop_left"
        count = {"times": times(len(rounds)), "rounds": counted(len(rounds), "round")}
        text = self._sentences.say(occasion, header, scene, code=self._sentences.text(header), **count)
        below = self._rounds(loop, scene, depth)
        if loop.ending is not None:
            below += self._ending(loop.ending, scene, depth)
        return [Passage(text=text, below=below)]

    def _empty(self, loop: Loop, scene: Scene, depth: int) -> list[Passage]:
        """Return what is said of a loop whose body did not run, as far as that is known."""
        step, node = loop.visits[-1].header, loop.visits[-1].header.statement.node
        told = [p for visit in loop.visits for p in self._teller.calls(visit.header, scene, depth)]
        told += [Passage(text=text) for text in self._ends.raised(step, scene)]
        if self._ends.fails(step, scene):
            return told
        taken = scene.taken(step)
        text, given = self._sentences.text(step), self._sentences.given(step, scene)
        if (taken is not False and not step.raised) or len(loop.visits) > 1:
            return [*told, Passage(text=self._sentences.say("loop_open", step, scene, code=text))]
        occasion = "while_empty" if isinstance(node, ast.While) else "loop_empty"
        return [*told, Passage(text=self._sentences.say(occasion, step, scene, code=text, given=given))]

    def _ending(self, step: Step, scene: Scene, depth: int) -> list[Passage]:
        """Return how the visit of the header went that ended the loop."""
        told = self._teller.calls(step, scene, depth)
        told += [Passage(text=text) for text in self._ends.raised(step, scene)]
        if scene.taken(step) is not False:
            return told
        node = step.statement.node
        if isinstance(node, ast.While):
            test = code(shortened(scene.context.segment(node.test), self._sentences.width))
            given = self._sentences.given(step, scene)
            return [*told, Passage(text=self._sentences.say("while_over", step, scene, test=test, given=given))]
        return [*told, Passage(text=self._sentences.say("loop_over", step, scene))]

    def _rounds(self, loop: Loop, scene: Scene, depth: int) -> list[Passage]:
        """Return the rounds; a round is left out when one that ran through the same lines was told, or enough were."""
        rounds = loop.rounds
        told: list[Passage] = []
        seen: dict[tuple[object, ...], int] = {}
        waiting: list[int] = []
        for place, one in enumerate(rounds):
            shape = _shape(one)
            last_of_left = place == len(rounds) - 1 and loop.ending is None
            new = shape not in seen and len(seen) < 2 * self._most
            if place < self._most or new or last_of_left or (place == len(rounds) - 1 and not waiting):
                told += self._left_out(waiting, loop, scene, seen)
                waiting = []
                told.append(self._round(one, place, scene, depth))
                seen.setdefault(shape, place)
            else:
                waiting.append(place)
        return told + self._left_out(waiting, loop, scene, seen)

    def _round(self, one: Round, place: int, scene: Scene, depth: int) -> Passage:
        first = one.items[0].visits[0].header if isinstance(one.items[0], Loop) else one.items[0]
        header, state = one.header.statement, first.before
        names = [name for name in header.binds() if name in state]
        if isinstance(header.node, ast.While):
            reads = [name for name in header.reads() if name in state and self._sentences.is_short(state[name])]
            names = list(dict.fromkeys([*names, *reads]))
        for name in names[:_MOST_NAMED]:
            scene.tell(name, state[name])
        parts = [f"{code(name)} = {value(state[name], self._sentences.width)}" for name in names[:_MOST_NAMED]]
        shown = f" ({', '.join(parts)})" if parts else ""
        calls = self._teller.calls(one.header, scene, depth)
        below = [*calls, *self._teller.items(one.items, scene, depth)]
        return Passage(text=f"Round {place + 1}{shown}{':' if below else ' goes by.'}", below=below)

    def _left_out(
        self, places: Sequence[int], loop: Loop, scene: Scene, seen: dict[tuple[object, ...], int]
    ) -> list[Passage]:
        """Return one passage for rounds that follow each other and are not told one by one."""
        if not places:
            return []
        shapes = [_shape(loop.rounds[place]) for place in places]
        label = _label(places[0] + 1, places[-1] + 1)
        after = self._after(places, loop)
        alike = [seen.get(shape) for shape in shapes]
        step = loop.visits[0].header
        parts = {"rounds": label, "after": after}
        if None in alike:
            return [Passage(text=self._sentences.say("skipped", step, scene, **parts))]
        like = sorted({place + 1 for place in alike if place is not None})
        if len(like) == 1:
            occasion = "same" if len(places) > 1 else "same_one"
            return [Passage(text=self._sentences.say(occasion, step, scene, like=str(like[0]), **parts))]
        counts = [f"{times(alike.count(n - 1))} as in round {n}" for n in like]
        return [Passage(text=self._sentences.say("mixed", step, scene, like=listing(counts), **parts))]

    def _after(self, places: Sequence[int], loop: Loop) -> str:
        """Return "; after that, `x` is `1`" for the variables that these rounds changed."""
        visits = loop.visits
        ends = [visits.index(loop.rounds[place]) for place in (places[0], places[-1])]
        if ends[1] + 1 >= len(visits):
            return ""
        old, new = visits[ends[0]].header.before, visits[ends[1] + 1].header.before
        changed = {name: text for name, text in new.items() if old.get(name) != text}
        shown = dict(list(changed.items())[:_NAMES])
        return f"; after that, {assigned(shown, self._sentences.width)}" if shown else ""


def _label(first: int, last: int) -> str:
    if first == last:
        return f"Round {first}"
    return f"Rounds {first} {'and' if last == first + 1 else 'to'} {last}"


def _is_endless(header: Step) -> bool:
    node = header.statement.node
    return isinstance(node, ast.While) and isinstance(node.test, ast.Constant)


def _shape(one: Round) -> tuple[object, ...]:
    """Return what is equal for two rounds that ran through the same lines, made the same calls and raised alike."""
    steps = [one.header, *flat(one.items)]
    calls = [tuple((run.function, run.end is None) for run in step.calls) for step in steps]
    errors = [tuple(text.partition(":")[0] for text in step.raised) for step in steps]
    nodes = [step.statement.node or step.statement.text for step in steps]
    return tuple(zip(nodes, calls, errors, strict=True))
