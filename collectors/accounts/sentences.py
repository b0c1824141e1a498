"""Sentences: chooses the words about one step, and says with which values it was reached."""

from collectors.accounts.final_value import code
from collectors.accounts.finer import Changes, finer
from collectors.accounts.scene import Scene
from collectors.accounts.step import Step
from collectors.accounts.wording import Phrases, listing, shortened

_OBJECT = "<"
_PARTS = 3
_STATEMENT = 90


class Sentences:
    """Says things in the words of `phrases`, values bounded to `width` characters."""

    def __init__(self, phrases: Phrases, *, width: int) -> None:
        self._phrases = phrases
        self.width = width

    def say(self, occasion: str, step: Step | None, scene: Scene, **parts: str) -> str:
        """Return a sentence about a step; what is said of one statement is said in the same words each time."""
        scene.sentences += 1
        place = step.statement.text if step is not None else scene.run.function
        return self._phrases.say(occasion, place, **parts)

    def text(self, step: Step) -> str:
        """Return the statement as inline code."""
        return code(shortened(step.statement.text, max(self.width, _STATEMENT)))

    def given(self, step: Step, scene: Scene, *, but: tuple[str, ...] = ()) -> str:
        """Return "With `x` = `1`, " for the values that the statement reads, or nothing."""
        parts = self._operands(step, scene, but)
        return f"With {listing(parts)}, " if parts else ""

    def _operands(self, step: Step, scene: Scene, but: tuple[str, ...]) -> list[str]:
        bound = step.statement.binds() if step.statement.comprehends() else []
        names = [n for n in step.statement.reads() if n in step.before and n not in but and n not in bound]
        shown = [n for n in names if self.is_short(step.before[n]) and not scene.is_fresh(n, step.before[n])][:3]
        for name in shown:
            scene.tell(name, step.before[name])
        return [f"{code(name)} = {code(step.before[name])}" for name in shown]

    def is_short(self, text: str) -> bool:
        """Say whether a value is worth repeating: short, and no object or function without a literal."""
        return len(text) <= self.width // 2 and not text.startswith(_OBJECT) and "\n" not in text

    def parts(self, changes: Changes) -> Changes:
        """Return the changes, those of objects and long containers as changes of their parts, unless these are many."""
        room = 3 * self.width // 2
        found = {n: v for name, (old, new) in changes.items() for n, v in finer(name, old, new, room=room).items()}
        return found if len(found) <= len(changes) + _PARTS else changes

    def fits(self, old: str, new: str) -> bool:
        """Say whether both texts of a value have room in one sentence."""
        return len(old) + len(new) <= 3 * self.width // 2
