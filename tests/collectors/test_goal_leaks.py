"""The leak check finds the names of tests and the lines of the fix, and nothing where there is nothing."""

import pytest

from collectors.goal_leaks import Hidden, leaks_of
from collectors.patches import unified_diff

OLD = """def largest(entries):
    best = entries[0]
    for amount in entries:
        if amount < best:
            best = amount
    return best
"""
NEW = OLD.replace("amount < best", "amount > best").replace("return best\n", 'return round(best, digits["money"])\n')
TESTS = ("tests/test_ledger.py::TestSums::test_largest[3-x]", "tests/test_ledger.py::test_other")
HIDDEN = Hidden(tests=TESTS, oracle_patch=unified_diff("ledger.py", OLD, NEW), known=[OLD])


@pytest.mark.parametrize(
    "goal",
    [
        "See tests/test_ledger.py.",
        "Run test_ledger to see it.",
        "TestSums fails.",
        "`test_largest` fails.",
        "pytest -k test_other fails",
        "tests/test_ledger.py:12: in test_largest",
    ],
)
def test_names_of_tests_are_leaks_in_any_form(goal: str) -> None:
    assert "test" in {leak.kind for leak in leaks_of(goal, HIDDEN)}


@pytest.mark.parametrize(
    "goal",
    [
        "Write `if amount > best:` there.",
        "It should ask whether amount>best.",
        "the condition must be   amount  >\n best",
        'return round(best, digits["money"])',
        "Use round(best, ...) with `digits['money']`: round(best, digits",
        "+        if amount > best:",
    ],
)
def test_lines_of_the_fix_are_leaks_however_they_are_laid_out(goal: str) -> None:
    assert "line" in {leak.kind for leak in leaks_of(goal, HIDDEN)}


@pytest.mark.parametrize(
    "goal",
    [
        "`largest([3, 5])` gives `3`, but it should give `5`.",
        "The line `if amount < best:` is reached, and `best = amount` is not.",
        "The latest testimony: the largest test of the ledger fails.",
        "for amount in entries: the best amount is not returned",
    ],
)
def test_what_can_be_read_or_seen_anyway_is_no_leak(goal: str) -> None:
    assert leaks_of(goal, HIDDEN) == []


def test_a_goal_that_may_name_tests_is_still_searched_for_the_fix() -> None:
    named = Hidden(tests=(), oracle_patch=HIDDEN.oracle_patch, known=[OLD])
    assert leaks_of("- tests/test_ledger.py::test_other", named) == []
    assert [leak.kind for leak in leaks_of("test_other: amount > best", named)] == ["line"]


def test_short_new_lines_count_when_they_say_more_than_a_name() -> None:
    patch = unified_diff("m.py", "def f():\n    return x\n", "def f():\n    return x[0]\n")
    assert leaks_of("make it return x[0] there", Hidden(tests=(), oracle_patch=patch))
    patch = unified_diff("m.py", "def f():\n    pass\n", "def f():\n    return value\n")
    assert leaks_of("it does not return value after all", Hidden(tests=(), oracle_patch=patch)) == []
