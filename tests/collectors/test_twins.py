"""Twins: tests rewritten so that they must fail, or so that nothing changes."""

import pytest

from collectors.twins import make_twins

_TEXT = '''"""Tests."""


def test_equal():
    assert [1, 2] == sorted([2, 1])


def test_other():
    for value in ():
        assert value == 1
    return


class TestGroup:
    def test_inside(self):
        assert len("abc") == 3
'''
_TESTS = ["t.py::test_equal", "t.py::test_other", "t.py::TestGroup::test_inside"]


def _passes(text: str, test: str) -> bool:
    space: dict = {}
    exec(text, space)
    names = test.split("::")[1:]
    try:
        getattr(space["TestGroup"](), names[1])() if len(names) > 1 else space[names[0]]()
    except Exception:
        return False
    return True


def test_each_test_is_spoiled_in_one_of_the_two_and_works_in_the_other() -> None:
    for _ in range(20):
        first, second = make_twins({"t.py": _TEXT}, _TESTS)
        for test in _TESTS:
            assert first.spoiled[test] != second.spoiled[test]
            for twins in (first, second):
                assert _passes(twins.files["t.py"], test) != twins.spoiled[test]


def test_parameters_of_one_function_are_spoiled_together() -> None:
    tests = ["t.py::test_equal[1]", "t.py::test_equal[2::x]"]
    first, _ = make_twins({"t.py": _TEXT}, tests)
    assert len(first.spoiled) == 2
    assert len(set(first.spoiled.values())) == 1


@pytest.mark.parametrize("text", ["def test_equal(:\n", "class A:\n    def test_equal(self): pass\n", "\0"])
def test_what_cannot_be_rewritten_has_no_twin(text: str) -> None:
    assert make_twins({"t.py": text}, _TESTS[:1])[0].spoiled == {}


def test_an_object_that_is_equal_to_everything_passes_a_spoiled_comparison() -> None:
    class Same:
        def __eq__(self, other: object) -> bool:
            return True

    text = "def test_it():\n    assert value == 7\n"
    for twins in make_twins({"t.py": text}, ["t.py::test_it"]):
        space: dict = {"value": Same()}
        exec(twins.files["t.py"], space)
        space["test_it"]()
