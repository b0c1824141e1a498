"""CallTeller: the calls that a statement made, each with what happened in it or in short."""

from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

from collectors.accounts.activation import Activation
from collectors.accounts.final_value import code
from collectors.accounts.passage import Passage
from collectors.accounts.scene import Scene
from collectors.accounts.sentences import Sentences
from collectors.accounts.step import Step
from collectors.accounts.wording import counted, listing, number, shortened, times, value


class Tells(Protocol):
    """Tells what happens in a run."""

    def scene(self, run: Activation) -> Scene:
        """Return the scene of a run."""
        ...

    def body(self, scene: Scene, depth: int) -> list[Passage]:
        """Return what happened in a run, its end included."""
        ...


class CallTeller:
    """Tells at most `calls` calls of one statement in full, and none deeper than `depth`."""

    def __init__(self, sentences: Sentences, teller: Tells, *, calls: int, depth: int) -> None:
        self._sentences = sentences
        self._teller = teller
        self._most = calls
        self._depth = depth

    def calls(self, step: Step, scene: Scene, depth: int) -> list[Passage]:
        """Return the calls of a statement in their order."""
        scenes = [self._teller.scene(run) for run in step.calls]
        told: list[Passage] = []
        for short, found in groupby(scenes, lambda inner: inner.short_name if _is_short(inner) else ""):
            group = list(found)
            if short:
                said = self._expression(group)
                where = "" if told or step.implied or scene.expression else f"In {self._sentences.text(step)}, "
                told.append(Passage(text=f"{where}{said}" if where else said[:1].upper() + said[1:]))
            else:
                told += self._each(group, step, scene, depth)
        return told

    def _each(self, scenes: Sequence[Scene], step: Step, scene: Scene, depth: int) -> list[Passage]:
        told = []
        shown = scenes if len(scenes) <= self._most else scenes[: max(1, self._most - 1)]
        for place, inner in enumerate(shown):
            lead = self._lead(inner, step, scene, first=place == 0)
            if depth >= self._depth:
                told.append(Passage(text=f"{lead.removesuffix('.')}, which {self._ended(inner)}."))
            else:
                told.append(Passage(text=lead, below=self._teller.body(inner, depth + 1)))
        if len(shown) < len(scenes):
            last = scenes[-1]
            more = "One more call follows here:"
            if len(scenes) - len(shown) > 1:
                more = f"{counted(len(scenes) - len(shown), 'more call').capitalize()} follow here; the last is"
            told.append(Passage(text=f"{more} {self.call(last)}, which {self._ended(last)}."))
        return told

    def _lead(self, inner: Scene, step: Step, scene: Scene, *, first: bool) -> str:
        """Return the sentence that begins the telling of a call."""
        say = self._sentences.say
        if inner.resumed():
            return say("resumes", None, inner, function=inner.name, where=self._state(inner))
        if not first:
            return say("then", step, scene, call=self.call(inner))
        if step.implied or scene.expression is not None:
            return say("begins", step, scene, call=self.call(inner))
        return say("calls", step, scene, code=self._sentences.text(step), call=self.call(inner))

    def call(self, scene: Scene) -> str:
        """Return a call with its arguments as inline code, or the function and its variables where those are not told apart."""
        width = self._sentences.width
        if scene.expression is not None:
            return scene.expression
        given = scene.arguments()
        if given is None:
            return scene.name + self._state(scene)
        parts = [f"{name}={shortened(text, width // 2)}" for name, text in given.items()]
        return code(f"{scene.short_name}({', '.join(parts)})")

    def _state(self, scene: Scene) -> str:
        """Return " with `x` = `1`" for the variables that a run begins with."""
        width = self._sentences.width
        texts = {n: t for n, t in scene.run.call.locals.items() if not n.startswith(".")}
        parts = [f"{code(name)} = {value(text, width // 2)}" for name, text in list(texts.items())[:4]]
        return f" with {listing(parts)}" if parts else ""

    def _ended(self, scene: Scene) -> str:
        """Return how a run ended and how many calls were inside it."""
        width, run = self._sentences.width, scene.run
        count = run.size()
        inside = f" after {counted(count, 'call')} of its own" if count else ""
        if run.end is None:
            return f"ends with {value(run.escaped or '', width)}{inside}"
        verb = {"returns": "returns", "yields": "yields"}.get(scene.leaves_by(), "hands back")
        return f"{verb} {value(run.end.value or '', width)}{inside}"

    def _expression(self, scenes: Sequence[Scene]) -> str:
        """Return one sentence about the runs of a lambda, a comprehension or a generator expression that follow each other."""
        name = scenes[0].expression or ""
        results = [scene.run.end.value or "" for scene in scenes if scene.run.end is not None]
        width = self._sentences.width
        if scenes[0].short_name.endswith("<genexpr>"):
            shown = [value(text, width // 2) for text in self._few(results)]
            return f"{name} is advanced {times(len(scenes))} and hands back {self._row(shown, len(results))}."
        if scenes[0].short_name.endswith("<lambda>"):
            each = [f"{self._given(s)} it gives {value(r, width // 2)}" for s, r in zip(scenes, results, strict=True)]
            if len(each) == 1:
                return f"{name} runs: {each[0]}."
            return f"{name} runs {times(len(each))}: {self._row(self._few(each), len(each))}."
        taken, last = self._names_taken(scenes[0]), value(results[-1], width)
        if len(results) > 1:
            return f"{name} runs {times(len(results))}, and last gives {last}."
        return f"{name}{' with ' if taken else ''}{taken} gives {last}."

    def _given(self, scene: Scene) -> str:
        return self._state(scene).strip() or "without arguments"

    def _names_taken(self, scene: Scene) -> str:
        """Return the values that a comprehension's names took one after the other."""
        taken: dict[str, list[str]] = {}
        for state in [state for step in scene.steps for state in (step.before, *step.passing)]:
            for name, text in state.items():
                if name in scene.steps[0].statement.loop_names() and text not in taken.setdefault(name, [])[-1:]:
                    taken[name].append(text)
        width = self._sentences.width // 2
        return listing(
            [
                f"{code(n)} = {self._row([value(t, width) for t in self._few(texts)], len(texts))}"
                for n, texts in taken.items()
            ]
        )

    def _few(self, texts: Sequence[str]) -> list[str]:
        return list(texts) if len(texts) <= self._most + 2 else [*texts[: self._most], texts[-1]]

    def _row(self, shown: Sequence[str], count: int) -> str:
        """Return the parts as a list in which it is said where some are left out."""
        left_out = count - len(shown)
        if not left_out:
            return listing(shown)
        return f"{', '.join(shown[:-1])} ({number(left_out)} more) and last {shown[-1]}"


def _is_short(scene: Scene) -> bool:
    """Say whether one sentence tells the run: an expression in which nothing of ours is called and nothing raised."""
    quiet = not any(step.calls or step.raised for step in scene.steps)
    return scene.expression is not None and quiet and scene.run.end is not None
