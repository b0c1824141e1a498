"""Joined bugs: two or three bugs, each shown to fail by itself, along one chain of calls that a failing test runs."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence

from collectors.candidates import Bug
from collectors.entry_points import Function
from collectors.task import Task

Planted = tuple[Bug, Task]


def joined_bugs(planted: Sequence[Planted], sources: Mapping[str, str], *, number: int, seed: int) -> list[Bug]:
    """Return bugs of two and three places in turn, no place in more than one of them.

    Since each part made one of the tests fail by itself, and that test is the joined bug's too, all parts must be undone.
    """
    pairs = [pair for pair in itertools.combinations(planted, 2) if _chained(*pair, sources)]
    random.Random(seed).shuffle(pairs)
    made: list[Bug] = []
    used: set[str] = set()
    for pair in pairs:
        if len(made) == number:
            break
        if used.isdisjoint(task.id for _, task in pair):
            more = _third(pair, planted, sources, used) if len(made) % 2 else None
            parts = (*pair, more) if more else pair
            used.update(task.id for _, task in parts)
            made.append(_joined(parts))
    return made


def _third(
    pair: tuple[Planted, Planted], planted: Sequence[Planted], sources: Mapping[str, str], used: set[str]
) -> Planted | None:
    for other in planted:
        apart = other[1].id not in used and all(_apart(one[0], other[0]) for one in pair)
        if apart and _shared([*pair, other]) and any(_chained(one, other, sources) for one in pair):
            return other
    return None


def _chained(one: Planted, two: Planted, sources: Mapping[str, str]) -> bool:
    """Say whether a test that fails with either runs both functions, of which one calls the other by name."""
    first, second = one[0].function, two[0].function
    if not _apart(one[0], two[0]) or not _shared([one, two]):
        return False
    return _calls(first, second, sources) or _calls(second, first, sources)


def _apart(one: Bug, two: Bug) -> bool:
    """Say whether the bugs lie in different functions and none of their edits lies in another's."""
    pairs = [(a, b) for a in one.edits for b in two.edits if a[0].path == b[0].path]
    overlap = any(a.start <= b.end and b.start <= a.end for (_, a), (_, b) in pairs)
    return one.function != two.function and not overlap


def _shared(parts: Sequence[Planted]) -> bool:
    """Say whether one test fails with each part and runs the places of all."""
    common = set.intersection(*(set(task.fail_to_pass) for _, task in parts))
    return bool(common.intersection(*(set(bug.tests) for bug, _ in parts)))


def _calls(caller: Function, called: Function, sources: Mapping[str, str]) -> bool:
    lines = sources[caller.path].splitlines()[caller.body_line - 1 : caller.last_line]
    parts = called.name.split(".")
    name = parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
    return any(f"{name}(" in line for line in lines)


def _joined(parts: Sequence[Planted]) -> Bug:
    # What each part's own failing tests need comes first, so that none of them is left out where tests are bounded.
    failing = [test for _, task in parts for test in task.fail_to_pass[:5]]
    others = [test for turn in _in_turn([bug.tests for bug, _ in parts]) for test in turn]
    edits = tuple(edit for bug, _ in parts for edit in bug.edits)
    return Bug(edits=edits, tests=tuple(dict.fromkeys([*failing, *others])))


def _in_turn(lists: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    for row in itertools.zip_longest(*lists):
        yield [test for test in row if test is not None]
