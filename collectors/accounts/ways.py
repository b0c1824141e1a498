"""Ways: which way a condition, a loop's header, a `case`, an `except` or the block of a `with` went."""

import ast

from collectors.accounts.final_value import code
from collectors.accounts.scene import Scene
from collectors.accounts.sentences import Sentences
from collectors.accounts.step import Step
from collectors.accounts.wording import listing, shortened, value


class Ways:
    """Says of a header what the statement that ran next tells of it; where that tells nothing, that it was evaluated."""

    def __init__(self, sentences: Sentences) -> None:
        self._words = sentences

    def way(self, step: Step, scene: Scene) -> list[str]:
        """Return which way a header went."""
        node = step.statement.node
        if step.statement.detached:
            return [self._evaluated(step, scene)]
        if isinstance(node, ast.ExceptHandler):
            return [self._handler(step, scene)]
        if isinstance(node, ast.Match):
            subject = scene.context.segment(node.subject)
            shown = code(shortened(step.before.get(subject, subject), self._words.width))
            return [self._words.say("looks", step, scene, code=self._words.text(step), value=shown)]
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant):
            return []
        taken = scene.taken(step)
        if taken is None:
            return [self._evaluated(step, scene)]
        if isinstance(node, ast.match_case):
            return [self._said("matches" if taken else "differs", step, scene)]
        if isinstance(node, (ast.For, ast.AsyncFor)):
            values = self._bound(step, scene).removeprefix(" with ")
            if taken and not values:
                return []
            occasion = "next_item" if taken else "no_item"
            return [self._words.say(occasion, step, scene, code=self._words.text(step), values=values)]
        return [self._condition(step, scene, taken)] if isinstance(node, (ast.If, ast.While)) else []

    def _evaluated(self, step: Step, scene: Scene) -> str:
        return self._words.say("asks", step, scene, given=self._words.given(step, scene), code=self._words.text(step))

    def _said(self, occasion: str, step: Step, scene: Scene) -> str:
        return self._words.say(occasion, step, scene, code=self._words.text(step), bound=self._bound(step, scene))

    def _handler(self, step: Step, scene: Scene) -> str:
        caught = scene.branches.caught(step, scene.following(step), returned=scene.returned)
        return self._said({True: "caught", False: "not_caught", None: "tries_handler"}[caught], step, scene)

    def _condition(self, step: Step, scene: Scene, taken: bool) -> str:
        node, following = step.statement.node, scene.following(step)
        assert isinstance(node, (ast.If, ast.While))
        test = code(shortened(scene.context.segment(node.test), self._words.width))
        given = self._words.given(step, scene)
        said = self._words.say("true" if taken else "false", step, scene, given=given, test=test)
        part = scene.branches.part(following.statement, node) if following is not None else None
        chained = isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)
        if part == "orelse" and isinstance(node, ast.If) and not chained:
            said += " " + self._words.say("otherwise", step, scene)
        return said

    def _bound(self, step: Step, scene: Scene) -> str:
        """Return " with `x` = `1`" for what the header of a block binds."""
        following = scene.following(step)
        if following is None:
            return ""
        names = [name for name in step.statement.binds() if name in following.before]
        parts = [f"{code(name)} = {value(following.before[name], self._words.width)}" for name in names]
        return f" with {listing(parts)}" if parts else ""

    def block(self, step: Step, scene: Scene) -> list[str]:
        """Return whether the header of a `with` was passed on the way in or out, where the steps around it tell."""
        node = step.statement.node
        parts = [
            scene.branches.part(other.statement, node) if other is not None and node is not None else None
            for other in (scene.previous(step), scene.following(step))
        ]
        if parts[0] == "body" and scene.exact:
            return [self._said("exits", step, scene)]
        if parts[1] != "body" or parts[0] == "body":
            return [self._evaluated(step, scene)]
        given, bound = self._words.given(step, scene), self._bound(step, scene)
        return [self._words.say("enters", step, scene, given=given, code=self._words.text(step), bound=bound)]
