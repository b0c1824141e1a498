"""Environment: the protocol of what asks questions and rewards answers by execution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from model.render import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One prompt; `key` tells the environment which question an answer belongs to."""

    key: str
    prompt: tuple[Piece, ...]


class Environment(Protocol):
    """Asks questions and rewards answers. A fault of the environment gives None, which is never a reward."""

    def questions(self) -> Sequence[Question]:
        """Return all questions, in a fixed order."""
        ...

    def rewards(self, answers: Sequence[tuple[str, str]]) -> list[float | None]:
        """Return the reward of each (question key, answer text): 1 right, -1 wrong, None not judged."""
        ...
