"""Delta debugging finds parts that none can be left out of."""

import random

import pytest

from collectors.issue_fix.narrowing import narrowed


@pytest.mark.parametrize("seed", range(20))
def test_what_is_needed_together_is_found(seed: int) -> None:
    draw = random.Random(seed)
    size = draw.randint(1, 30)
    needed = set(draw.sample(range(size), draw.randint(1, min(4, size))))
    assert narrowed(range(size), lambda part: needed <= set(part), most=10_000) == sorted(needed)


def test_one_of_several_causes_is_enough() -> None:
    found = narrowed(range(12), lambda part: 3 in part or {7, 9} <= set(part), most=1000)
    assert found in ([3], [7, 9])


def test_nothing_is_found_where_the_whole_makes_no_difference() -> None:
    assert narrowed([1, 2], lambda part: False, most=10) is None
    assert narrowed([], lambda part: True, most=10) is None


def test_the_bound_on_calls_holds_and_what_comes_back_differs() -> None:
    asked: list[list[int]] = []

    def differs(part: list[int]) -> bool:
        asked.append(list(part))
        return {0, 31} <= set(part)

    found = narrowed(list(range(32)), differs, most=6)
    assert len(asked) <= 6
    assert found is not None
    assert {0, 31} <= set(found)
