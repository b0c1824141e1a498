"""Goals are made from how a test fails, in four styles, and give nothing away."""

from dataclasses import replace

import pytest

from collectors.failures import read_failure
from collectors.goal_interface import missing_interface
from collectors.goal_leaks import Hidden, leaks_of
from collectors.goal_steps import steps_before
from collectors.goals import Facts, Style, write_goal
from collectors.mutations import mutations_of
from collectors.policy import Message
from collectors.repairer import Repairer
from images.health import TestSelection, run_tests
from images.local_container import LocalContainer
from images.source_tree import is_test_name
from tests.collectors.test_forager import BUGGY, CLEAN, TASK
from tests.collectors.test_tracing import TESTS

HIDDEN = Hidden(tests=TASK.fail_to_pass, oracle_patch=TASK.oracle_patch, known=[BUGGY])


def _facts(local: LocalContainer, text: str = BUGGY, test: str = TESTS[1]) -> Facts:
    local.put({"ledger.py": text.encode()})
    message = run_tests(local, TestSelection(ids=[test])).outcomes[test].message
    return Facts(
        project="ledger",
        failure=read_failure(message),
        message=message,
        tests=[test],
        own=lambda path: not is_test_name(path),
        function="largest",
        path="ledger.py",
    )


def test_the_terse_goal_is_one_that_the_repairer_reads(local: LocalContainer) -> None:
    goal = write_goal(Style.TERSE, _facts(local), replace(HIDDEN, tests=()))
    assert "<tool: test>\ntests/test_ledger.py\n" in Repairer().reply([Message(role="user", content=goal.text)])
    assert f"- {TESTS[1]}\n" in goal.text
    assert write_goal(Style.TERSE, _facts(local), HIDDEN).reason.startswith("it would give away the test")


@pytest.mark.parametrize("style", [Style.SYMPTOM, Style.VERBOSE])
def test_symptoms_name_call_and_values_and_no_test(local: LocalContainer, style: Style) -> None:
    goal = write_goal(style, _facts(local), HIDDEN)
    assert goal.reason == ""
    assert "largest(" in goal.text
    assert leaks_of(goal.text, HIDDEN) == []
    assert goal == write_goal(style, _facts(local), HIDDEN)
    assert len({write_goal(style, _facts(local), HIDDEN, seed=seed).text for seed in range(9)}) > 2


def test_an_error_is_told_with_the_projects_own_levels_of_the_traceback(local: LocalContainer) -> None:
    raising = CLEAN.replace("amount > best", "amount > best.value")
    goal = write_goal(Style.VERBOSE, _facts(local, raising), replace(HIDDEN, oracle_patch=""))
    assert 'File "ledger.py", line 20, in largest' in goal.text
    assert "AttributeError: 'int' object has no attribute 'value'" in goal.text
    assert "test_" not in goal.text


def test_notes_lose_the_sentence_that_gives_the_fix_away(local: LocalContainer) -> None:
    facts = replace(_facts(local), notes="The largest entry is found again. It asks `amount > best` now.")
    goal = write_goal(Style.NOTES, facts, HIDDEN)
    assert "> The largest entry is found again.\n" in goal.text
    assert "amount >" not in goal.text
    only = replace(facts, notes="It asks `amount > best` now.")
    assert write_goal(Style.NOTES, only, HIDDEN).reason != ""


def test_no_goal_of_any_mutation_leaks(local: LocalContainer) -> None:
    made = 0
    for mutation in mutations_of(CLEAN, set(range(14, 24))):
        buggy = mutation.apply(CLEAN)
        local.put({"ledger.py": buggy.encode()})
        run = run_tests(local, TestSelection(ids=TESTS))
        for test in [*run.ids("failed"), *run.ids("error")][:1]:
            facts = _facts(local, buggy, test)
            hidden = Hidden(tests=TESTS, oracle_patch=TASK.oracle_patch, known=[buggy])
            for style in (Style.SYMPTOM, Style.VERBOSE):
                goal = write_goal(style, facts, hidden)
                made += bool(goal.text)
                assert leaks_of(goal.text, hidden) == []
    assert made >= 6


@pytest.mark.parametrize(
    ("message", "call", "actual", "expected"),
    [
        ("t.py:3: in test_f\n    assert f(1) == 2\nE   assert 3 == 2\nE    +  where 3 = f(1)\n", "f(1)", "3", "2"),
        ("t.py:3: in test_f\n    assert 2 == f(1)\nE   assert 2 == 3\n", "f(1)", "3", "2"),
        ("t.py:3: in test_f\n    assert f(1) == 2, 'x'\nE   AssertionError: x\nE   assert 3 == 2\n", "", "", ""),
        ("t.py:3: in test_f\n    self.assertEqual(f(1), 2)\nE   AssertionError: 3 != 2\n", "f(1)", "3", "2"),
        ("t.py:3: in test_f\n    assert f(1)\nE   assert False\nE    +  where False = f(1)\n", "f(1)", "False", ""),
        ("t.py:3: in test_f\n    f(1)\nm.py:1: in f\n    raise ValueError('x')\nE   ValueError: x\n", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_failures_are_read(message: str, call: str, actual: str, expected: str) -> None:
    found = read_failure(message)
    assert (found.call, found.actual, found.expected) == (call, actual, expected)


def test_the_interface_has_what_only_the_solution_defines_and_tests_name() -> None:
    solved = (
        "def f(a, b=2):\n    pass\n\n\nclass C:\n    def g(self) -> int:\n        return 1\n\n\ndef _h():\n    pass\n"
    )
    start = "def f(a, b=1):\n    pass\n"
    tests = {"test_m.py": "from m import C, _h, f\n\ndef test_c():\n    assert C().g() == f(1)\n"}
    assert missing_interface({"m.py": start}, {"m.py": solved}, tests) == [
        "class C: ...  # C in m.py",
        "def g(self) -> int: ...  # C.g in m.py",
    ]


def test_steps_are_the_statements_up_to_the_one_that_fails() -> None:
    text = 'def test_x(a):\n    """Say."""\n    b = f(\n        a)\n    assert b == 1\n    assert b == 2\n\n\nc = 1\n'
    assert steps_before(text, 5) == "b = f(\n    a)\nassert b == 1"
    assert steps_before(text, 4) == "b = f(\n    a)"
    assert (steps_before(text, 9), steps_before("def (", 1)) == ("", "")
    assert steps_before("def test_long():\n" + "    x()\n" * 30, 25) == ""


def test_steps_stand_in_the_verbose_goal_unless_they_name_a_test(local: LocalContainer) -> None:
    facts = replace(_facts(local), steps="entries = [1, 7, 3]\nassert largest(entries) == 7")
    assert "\n    entries = [1, 7, 3]\n    assert" in write_goal(Style.VERBOSE, facts, HIDDEN).text
    naming = replace(facts, steps="test_largest()")
    assert "test_largest" not in write_goal(Style.VERBOSE, naming, HIDDEN).text
