"""Ends: how a run is said to have ended: by a value, by handing one back and waiting, or by an exception."""

import ast

from collectors.accounts.final_value import code
from collectors.accounts.scene import Scene
from collectors.accounts.sentences import Sentences
from collectors.accounts.step import Step
from collectors.accounts.wording import shortened, value

_YIELDS = (ast.Yield, ast.YieldFrom, ast.Await)


class Ends:
    """Says how runs end and what exceptions do, in the words of `sentences`."""

    def __init__(self, sentences: Sentences) -> None:
        self._sentences = sentences

    def end(self, scene: Scene) -> str:
        """Return the sentence by which the telling of a run ends; none for one that an exception left."""
        end = scene.run.end
        if end is None:
            return ""
        width, name = self._sentences.width, scene.name
        last = scene.steps[-1] if scene.steps else None
        how, shown = scene.leaves_by(), value(end.value or "", width)
        say = self._sentences.say
        node = last.statement.node if last is not None and not last.statement.opaque else None
        if how in ("hands", "finishes"):
            return say(how, None, scene, function=name, value=shown)
        source = self._source(node, scene) if last is not None and not last.statement.detached else ""
        if how == "yields":
            return self._of(last, scene, "yields", (name, shown, source))
        if isinstance(node, ast.Return):
            return self._of(last, scene, "returns", (name, shown, source))
        if end.value == "None" and last is not None and scene.expression is None and not _may_return(scene):
            return say("returns_none", None, scene, function=name)
        return say("returns", None, scene, function=name, value=shown)

    def _source(self, node: ast.AST | None, scene: Scene) -> str:
        """Return the expression whose value is handed over, empty where it is the value as it stands."""
        given = node.value if isinstance(node, (ast.Return, ast.Expr, ast.Assign)) else None
        if isinstance(given, _YIELDS):
            given = given.value
        end = scene.run.end
        if given is None or end is None:
            return ""
        text = scene.context.segment(given)
        return "" if text == end.value or isinstance(given, ast.Constant) else text

    def _of(self, last: Step | None, scene: Scene, occasion: str, parts: tuple[str, str, str]) -> str:
        name, shown, source = parts
        if not source or last is None or last.statement.detached:
            return self._sentences.say(occasion, last, scene, function=name, value=shown)
        given = "" if last.calls else self._given(last, scene, source)
        shown_source = code(shortened(source, self._sentences.width))
        return self._sentences.say(
            f"{occasion}_what", last, scene, given=given, function=name, code=shown_source, value=shown
        )

    def _given(self, last: Step, scene: Scene, source: str) -> str:
        return "" if source.isidentifier() else self._sentences.given(last, scene)

    def raised(self, step: Step, scene: Scene) -> list[str]:
        """Return what is said of the exceptions that came out of a statement."""
        made, say, text = [], self._sentences.say, self._sentences.text(step)
        for error in dict.fromkeys(step.raised):
            shown = value(error, 2 * self._sentences.width)
            if self._is_exhaustion(step, scene, error):
                made.append(say("awaited" if step.statement.holds(ast.Await) else "exhausted", step, scene, code=text))
            elif any(inner.escaped == error for inner in step.calls):
                made.append(say("through", step, scene, function=scene.name, code=text))
            else:
                occasion = {ast.Raise: "raises", ast.Assert: "asserts"}.get(type(step.statement.node), "fails")
                given = self._sentences.given(step, scene)
                made.append(say(occasion, step, scene, given=given, code=text, error=shown))
        return made

    def fails(self, step: Step, scene: Scene) -> bool:
        """Say whether an exception kept the statement from its effect."""
        return any(not self._is_exhaustion(step, scene, error) for error in step.raised)

    def _is_exhaustion(self, step: Step, scene: Scene, error: str) -> bool:
        """Say whether the exception only told a loop or a `yield from` that a generator has ended."""
        if not error.startswith(("StopIteration", "StopAsyncIteration")):
            return False
        asks = isinstance(step.statement.node, (ast.For, ast.AsyncFor))
        asks = asks or step.statement.holds(ast.YieldFrom, ast.Await, ast.comprehension)
        return asks and (scene.returned is not None or scene.following(step) is not None)

    def leaves(self, scene: Scene) -> str:
        """Return the sentence for a run that an exception left."""
        name = scene.name
        return self._sentences.say("leaves", None, scene, function=name)


def _may_return(scene: Scene) -> bool:
    """Say whether a `return` ran, or may have run on a line that it shares with another statement."""
    return any(isinstance(s.statement.node, ast.Return) or s.statement.opaque for s in scene.steps)
