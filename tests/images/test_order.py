"""The order of tests, and ids that are hard to carry."""

import itertools

from images.health import TestSelection, run_tests
from images.local_container import LocalContainer

TWO_CLASSES = "".join(f"class Test{c}:\n" + "".join(f"  def test_{n}(self): pass\n" for n in range(6)) for c in "AB")
FILES = {"test_a.py": TWO_CLASSES.encode(), "test_b.py": TWO_CLASSES.encode()}


def _order(local: LocalContainer, shuffle: int | None) -> tuple[str, ...]:
    local.put(FILES)
    return run_tests(local, TestSelection(paths=list(FILES), shuffle=shuffle)).collected


def test_a_seed_gives_one_order_and_another_seed_another(local: LocalContainer) -> None:
    plain, first, again, second = (_order(local, seed) for seed in (None, 1, 1, 2))
    assert first == again
    assert len({plain, first, second}) == 3
    assert sorted(plain) == sorted(first) == sorted(second)


def test_tests_of_a_class_stay_together(local: LocalContainer) -> None:
    classes = [test.rsplit("::", 1)[0] for test in _order(local, 3)]
    assert len(list(itertools.groupby(classes))) == len(set(classes))


def test_ids_with_blanks_brackets_and_unicode_survive(local: LocalContainer) -> None:
    names = ["a b", "[x]", "é/ü", "::", "日本", "tab\tin", "a[b]::c d"]
    text = f"import pytest\n@pytest.mark.parametrize('x', range(7), ids={names!r})\ndef test_odd(x): assert x != 6\n"
    local.put({"test_ids.py": text.encode()})
    run = run_tests(local, TestSelection(paths=["test_ids.py"], shuffle=5))
    assert len(run.ids("passed")) == 6
    again = run_tests(local, TestSelection(ids=run.ids("passed")))
    assert sorted(again.outcomes) == sorted(run.ids("passed"))


def test_unittest_suites_run_through_pytest(local: LocalContainer) -> None:
    text = (
        b"import unittest\nclass T(unittest.TestCase):\n  def test_a(self): pass\n  def test_b(self): self.fail('no')\n"
    )
    local.put({"test_unit.py": text})
    run = run_tests(local, TestSelection(paths=["test_unit.py"]))
    assert {test.id: test.outcome for test in run.outcomes.values()} == {
        "test_unit.py::T::test_a": "passed",
        "test_unit.py::T::test_b": "failed",
    }
