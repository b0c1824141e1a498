"""Passage: one point of an account with the points below it, and the text that a list of them makes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

_INLINE = 200


@dataclass(slots=True, kw_only=True)
class Passage:
    """A sentence or two, and what is told below them; `flat` says that nothing of it may be joined to a longer line."""

    text: str
    below: list["Passage"] = field(default_factory=list)


def text_of(passages: Sequence[Passage], depth: int = 0) -> str:
    """Return the passages as a list of points; what is short enough is told in the line that it belongs to."""
    lines = []
    for passage in _joined(passages):
        lines.append(f"{'  ' * depth}- {passage.text}")
        if passage.below:
            lines.append(text_of(passage.below, depth + 1))
    return "\n".join(lines)


def _joined(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages with those below joined to their line where they are short, and neighbours put together."""
    made: list[Passage] = []
    for passage in passages:
        below = _joined(passage.below)
        whole = " ".join([passage.text, *(one.text for one in below)])
        if below and len(whole) <= _INLINE and not any(one.below for one in below):
            made.append(Passage(text=whole))
        else:
            made.append(Passage(text=passage.text, below=below))
    return made
