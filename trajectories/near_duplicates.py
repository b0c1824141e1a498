"""Near-duplicates: which episodes are left when no two of them have actions that are alike.

Candidates come from MinHash (rensa), and each is confirmed by the Jaccard similarity itself: what is kept and what is not never
depends on an estimate, only whether a pair is looked at. By the curve 1 - (1 - s^3)^42 a pair at 0.5 is missed in 0.4 % of
cases, one at 0.6 in 3 of 100,000. CWM's own parameters are not published; words and sketch are ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trajectories.episode import Episode

_ROWS, _BANDS = 3, 42
_SEED = 0
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicateSettings:
    """Two episodes are alike from this Jaccard similarity of the runs of `words` words of their actions."""

    similarity: float = 0.5
    words: int = 5

    def __post_init__(self) -> None:
        if not 0.3 <= self.similarity <= 1:
            raise ValueError(
                f"similarity is {self.similarity!r}: it must be from 0.3, below which pairs are missed, to 1"
            )
        if self.words < 1:
            raise ValueError(f"words is {self.words!r}: it must be at least 1")

    @property
    def method(self) -> str:
        """Return what decides, in short."""
        return f"minhash-1 {self.words} words {self.similarity:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Whether the episode is kept; else the one that is, and how similar the two are."""

    id: str
    kept: bool
    like: str = ""
    similarity: float = 0.0


def actions_of(episode: Episode) -> str:
    """Return what the agent did, without what it thought and saw."""
    return "\n".join(f"{step.tool}\n{step.arguments.get('body', '')}" for step in episode.steps)


def runs_of_words(text: str, words: int) -> frozenset[str]:
    """Return all runs of so many words; of a shorter text the whole."""
    found = _WORD.findall(text)
    return frozenset(" ".join(found[at : at + words]) for at in range(max(1, len(found) - words + 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of what either has that both have."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def mark_near_duplicates(texts: Mapping[str, str], settings: NearDuplicateSettings) -> list[Mark]:
    """Return a mark for each text by id, in the order of the ids, whatever the order in which they came."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(settings.similarity, _ROWS * _BANDS, _BANDS)
    kept: list[tuple[str, frozenset[str]]] = []
    marks = []
    for name in sorted(texts):
        runs = runs_of_words(texts[name], settings.words)
        sketch = RMinHash(_ROWS * _BANDS, _SEED)
        sketch.update(sorted(runs))
        near = [(jaccard(runs, kept[number][1]), kept[number][0]) for number in sorted(index.query(sketch))]
        similarity, like = max(near, default=(0.0, ""))
        if similarity >= settings.similarity:
            marks.append(Mark(id=name, kept=False, like=like, similarity=similarity))
            continue
        index.insert(len(kept), sketch)
        kept.append((name, runs))
        marks.append(Mark(id=name, kept=True, similarity=similarity))
    return marks
