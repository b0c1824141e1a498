"""Narrowing: delta debugging, the smallest part of a change that still makes the difference (Zeller and Hildebrandt, 2002)."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def narrowed(items: Sequence[T], differs: Callable[[Sequence[T]], bool], *, most: int) -> list[T] | None:
    """Return a part of the items that `differs`, none of which can be left out; None when all of them do not.

    After `most` calls of `differs` the smallest part so far is returned: it differs, but may not be the smallest.
    """
    calls = 0

    def asked(part: Sequence[T]) -> bool:
        nonlocal calls
        calls += 1
        return differs(part)

    if not items or not asked(items):
        return None
    part, parts = list(items), 2
    while len(part) > 1 and calls < most:
        smaller = _smaller(part, parts, asked, lambda: calls < most)
        if smaller is not None:
            # Of a complement that differs as many parts are left, of a part that differs two are tried next.
            parts = max(parts - 1, 2) if len(smaller) > len(part) // parts + 1 else 2
            part = smaller
        elif parts < len(part):
            parts = min(len(part), 2 * parts)
        else:
            break
    return part


def _smaller(
    part: Sequence[T], parts: int, asked: Callable[[Sequence[T]], bool], goes_on: Callable[[], bool]
) -> list[T] | None:
    """Return the first of the parts, or else of what is left without one, that differs."""
    bounds = [len(part) * number // parts for number in range(parts + 1)]
    chunks = [list(part[a:b]) for a, b in pairwise(bounds) if a < b]
    rests = [[item for other in chunks if other is not chunk for item in other] for chunk in chunks]
    for tried in [*chunks, *(rests if parts > 2 else [])]:
        if not goes_on():
            return None
        if asked(tried):
            return tried
    return None
