"""The judge: rewards, flags, and faults of the machine."""

from dataclasses import replace

import pytest

from collectors.judge import JudgeSettings, judge_patch
from collectors.patches import unified_diff
from images.container import Completed
from images.errors import ContainerLost, EngineError
from images.local_container import LocalContainer
from tests.collectors.planted import BUGGY, CLEAN, NO_CHANGE, PLANTED, SOURCES, TESTS, open_sample


@pytest.mark.parametrize("patch, reward", [("", 0.0), (NO_CHANGE, 0.0), (PLANTED.oracle_patch, 1.0)])
def test_nothing_and_no_change_are_not_rewarded_and_the_oracle_is(patch: str, reward: float) -> None:
    verdict = judge_patch(open_sample, PLANTED, SOURCES, patch)
    assert (verdict.reward, verdict.flags, verdict.valid) == (reward, (), True)
    assert verdict.outcomes[TESTS[1]] == ("passed" if reward else "failed")


def test_a_test_that_is_missing_skipped_or_expected_to_fail_is_not_passed() -> None:
    text = (
        "import pytest\n\n\ndef test_skipped():\n    pytest.skip()\n\n\n"
        "@pytest.mark.xfail\ndef test_xfailed():\n    assert False\n"
    )
    names = ("test_skipped", "test_xfailed", "test_gone")
    for name in names:
        id = f"tests/test_more.py::{name}"
        task = replace(PLANTED, fail_to_pass=(TESTS[1], id), hidden_files={"tests/test_more.py": text})
        verdict = judge_patch(open_sample, task, SOURCES, PLANTED.oracle_patch)
        assert verdict.reward == 0.0
        assert verdict.outcomes[id] == {"test_gone": "missing"}.get(name, name.removeprefix("test_"))


def test_a_patch_of_tests_or_configuration_is_flagged_and_not_run() -> None:
    for path in ("conftest.py", "tests/test_ledger.py", "pytest.ini", "pytest.py", "sub/sitecustomize.py", "../x.py"):
        patch = PLANTED.oracle_patch + unified_diff(path, "", "x = 1\n")
        verdict = judge_patch(open_sample, PLANTED, SOURCES, patch)
        assert (verdict.reward, verdict.flags) == (0.0, ("path",))


def test_a_new_module_beside_the_sources_reaches_the_judge() -> None:
    moved = BUGGY.replace(
        "        if amount < best:\n            best = amount", "        best = pick.larger(best, amount)"
    )
    patch = unified_diff("ledger.py", BUGGY, f"import pick\n{moved}") + unified_diff(
        "pick.py", "", "def larger(a, b):\n    return max(a, b)\n"
    )
    assert judge_patch(open_sample, PLANTED, SOURCES, patch).reward == 1.0


def test_a_patch_that_does_not_fit_is_no_fault_of_the_machine() -> None:
    verdict = judge_patch(open_sample, PLANTED, SOURCES, unified_diff("ledger.py", "other\n", "text\n"))
    assert (verdict.reward, verdict.valid, verdict.cause.partition(":")[0]) == (0.0, True, "patch")


def test_a_hang_is_a_failure_and_no_forgery() -> None:
    hang = unified_diff("ledger.py", BUGGY, f"while True:\n    pass\n{BUGGY}")
    verdict = judge_patch(open_sample, PLANTED, SOURCES, hang, JudgeSettings(seconds=3))
    assert (verdict.reward, verdict.flags, verdict.valid) == (0.0, (), True)


class _Broken(LocalContainer):
    """A container that is lost in its first run of a command."""

    error: EngineError

    def run(self, *_: object, **__: object) -> Completed:
        raise self.error


def _breaking(times: int, error: EngineError):
    opened = []

    def open_container() -> LocalContainer:
        opened.append(1)
        if len(opened) > times:
            return open_sample()
        broken = _Broken(open_sample().get([]))
        broken.error = error
        return broken

    return open_container


def test_a_container_that_is_lost_is_replaced_once_and_then_a_verdict_that_is_not_valid() -> None:
    lost = ContainerLost("ended", "it went away")
    assert judge_patch(_breaking(1, lost), PLANTED, SOURCES, PLANTED.oracle_patch).reward == 1.0
    verdict = judge_patch(_breaking(9, lost), PLANTED, SOURCES, PLANTED.oracle_patch)
    assert (verdict.reward, verdict.valid, verdict.cause) == (0.0, False, "container: ended: it went away")


def test_a_container_that_the_code_filled_is_its_own_failure() -> None:
    verdict = judge_patch(_breaking(1, ContainerLost("disk", "full")), PLANTED, SOURCES, PLANTED.oracle_patch)
    assert (verdict.reward, verdict.valid) == (0.0, True)


def test_a_forger_who_knows_the_tests_by_name_is_caught_by_their_twins() -> None:
    forged = (
        "import sys\n"
        "_python = sys.modules['_py' + 'test.python']\n"
        "_run = _python.Function.runtest\n"
        "_python.Function.runtest = lambda self: None if self.name == 'test_largest' else _run(self)\n"
    )
    patch = unified_diff("ledger.py", BUGGY, forged + BUGGY)
    assert judge_patch(open_sample, PLANTED, SOURCES, patch).flags == ("twin",)
    assert judge_patch(open_sample, PLANTED, SOURCES, patch, JudgeSettings(twins=False)).reward == 1.0


def test_machinery_that_the_solution_needs_is_no_forgery() -> None:
    fixed = f"import atexit\n{CLEAN}"
    task = replace(PLANTED, oracle_patch=unified_diff("ledger.py", BUGGY, fixed))
    assert judge_patch(open_sample, task, SOURCES, task.oracle_patch).reward == 1.0
    assert judge_patch(open_sample, PLANTED, SOURCES, task.oracle_patch).flags == ("machinery",)
