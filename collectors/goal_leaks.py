"""Goal leaks: what a goal text gives away that it must not: the names of hidden tests, and what the fix writes.

It finds what is written, not what is meant: a text that says "the comparison should be strict" gives the fix away in words,
and is not found.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePosixPath

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+(?:\.\d+)?|==|!=|<=|>=|->|\*\*|//|:=|[^\s\w]")
# Runs of so many tokens of a changed line are its own, of fewer where an operator or a constant has changed; shorter ones
# stand in any text.
_FEWEST, _FEWEST_TELLING = 4, 3
_TELLING = re.compile(r"[<>=!+*/%&|^-]+|\d.*|and|or|not|in|is|None|True|False")
_NAMES = re.compile(r"^(?:test|Test)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What of the hidden a goal holds: `kind` is `test` or `line`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What a goal must not hold: the ids of tests (none where the goal may name them), and the oracle's patch.

    `known` are the texts that whoever gets the goal can read: what stands there is no secret.
    """

    tests: Collection[str]
    oracle_patch: str
    known: Sequence[str] = ()


def leaks_of(goal: str, hidden: Hidden) -> list[Leak]:
    """Return what the goal gives away, each once."""
    found = [Leak(kind="test", text=name) for name in sorted(_test_names(hidden.tests)) if _stands_in(name, goal)]
    said = " ".join(_tokens(goal))
    known = [" ".join(_tokens(text)) for text in hidden.known]
    for run in _telling_runs(hidden.oracle_patch):
        text = " ".join(run)
        if _holds(said, text) and not any(_holds(other, text) for other in known):
            found.append(Leak(kind="line", text=text))
    return list(dict.fromkeys(found))


def _test_names(tests: Iterable[str]) -> set[str]:
    """Return the names by which tests can be found: ids, files, classes and functions, and parameters that tell much."""
    names = set()
    for test in tests:
        path, *parts = test.split("::")
        place = PurePosixPath(path)
        names |= {path, place.name, place.stem} if _NAMES.match(place.stem) or place.stem.endswith("_test") else {path}
        names |= {part.partition("[")[0] for part in parts}
    return {name for name in names if len(name) > 3}


def _stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w]){re.escape(name)}(?!\w)", text) is not None


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _holds(text: str, run: str) -> bool:
    return f" {run} " in f" {text} "


def _telling_runs(patch: str) -> Iterable[tuple[str, ...]]:
    """Yield the runs of tokens by which the patch's new lines can be told from its old ones.

    Of a changed line these are all runs of `_FEWEST` tokens that hold a changed one, or the line itself if it is shorter and
    says more than a name; comments and docstrings count as lines too.
    """
    for old, new in _changed_lines(patch):
        before, after = _tokens(old), _tokens(new)
        if len(after) < 2 or not any(token.isidentifier() for token in after):
            continue
        changed = _new_places(before, after)
        telling = {place for place in changed if _TELLING.fullmatch(after[place])}
        for size, places in ((_FEWEST_TELLING, telling), (_FEWEST, changed)):
            yield from _runs(after, size, places)
        if len(after) < _FEWEST and changed and not all(token.isidentifier() for token in after):
            yield tuple(after)


def _runs(tokens: Sequence[str], size: int, places: Collection[int]) -> Iterable[tuple[str, ...]]:
    """Yield the runs of this size that hold one of the places and a name."""
    for first in range(len(tokens) - size + 1):
        run = tuple(tokens[first : first + size])
        if any(first <= place < first + size for place in places) and any(token.isidentifier() for token in run):
            yield run


def _new_places(before: Sequence[str], after: Sequence[str]) -> set[int]:
    matcher = SequenceMatcher(a=list(before), b=list(after), autojunk=False)
    return {
        place for kind, _, _, first, last in matcher.get_opcodes() if kind != "equal" for place in range(first, last)
    }


def _changed_lines(patch: str) -> Iterable[tuple[str, str]]:
    """Yield each new line of a unified diff with the old line that it is most like, empty for none."""
    old: list[str] = []
    new: list[str] = []
    for line in [*patch.splitlines(), " "]:
        if line.startswith(("+++ ", "--- ")):
            continue
        if line.startswith("-"):
            old.append(line[1:])
        elif line.startswith("+"):
            new.append(line[1:])
        elif not line.startswith("\\"):
            yield from ((_nearest(each, old), each) for each in new)
            old, new = [], []


def _nearest(line: str, others: Sequence[str]) -> str:
    near = max(others, key=lambda other: SequenceMatcher(a=other, b=line, autojunk=False).ratio(), default="")
    return near if near and SequenceMatcher(a=near, b=line, autojunk=False).ratio() > 0.5 else ""
