"""Tasks, the judge and episodes, on the sample project."""

from dataclasses import replace

import pytest

from collectors.actions import format_call, format_edit, parse_action
from collectors.forager import EpisodeLimits, play
from collectors.judge import judge
from collectors.policy import ScriptedPolicy
from tests.collectors.planted import BUGGY, CLEAN, PLANTED, SOURCES, TESTS, open_sample

_GOAL = f"The function `largest` in `ledger.py` is broken.\n\nFailing tests:\n- {TESTS[1]}\n"
TASK = replace(PLANTED, goal=_GOAL)
FIX = format_edit("ledger.py", "        if amount < best:\n", "        if amount > best:\n")


def _judged(changed: dict[str, bytes]) -> float:
    with open_sample() as fresh:
        return judge(fresh, TASK, {"ledger.py": BUGGY.encode(), **changed}).reward


def test_the_judge_rewards_the_fix_alone() -> None:
    assert _judged({}) == 0.0
    assert _judged({"ledger.py": CLEAN.encode()}) == 1.0


FORGERIES = {
    "exit": "import os\nos._exit(0)\n",
    "skip": "import pytest\npytest.skip(allow_module_level=True)\n",
    "report": "import _pytest.reports as r\nr.TestReport.outcome = property(lambda s: 'passed', lambda s, v: None)\n",
    "runner": "import _pytest.python as p\np.Function.runtest = lambda self: None\n",
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_forged_outcomes_are_not_rewarded(kind: str) -> None:
    assert _judged({"ledger.py": (FORGERIES[kind] + BUGGY).encode()}) == 0.0


def test_edited_tests_do_not_reach_the_judge() -> None:
    cheat = format_call("", "bash", "echo 'def test_largest(): pass' > tests/test_ledger.py; echo > conftest.py")
    episode = play(TASK, ScriptedPolicy([cheat]), open_sample, SOURCES, EpisodeLimits())
    assert (episode.reward, episode.patch, episode.ended_by) == (0.0, "", "policy")


def test_an_episode_records_steps_patch_and_verdict() -> None:
    policy = ScriptedPolicy(["no call", format_call("Fix.", "edit", FIX), format_call("", "submit", "Done.")])
    episode = play(TASK, policy, open_sample, SOURCES, EpisodeLimits())
    assert (episode.reward, episode.ended_by, [s.tool for s in episode.steps]) == (
        1.0,
        "submit",
        ["", "edit", "submit"],
    )
    assert "+        if amount > best:" in episode.patch
    assert set(episode.judged.values()) == {"passed"}


def test_calls_survive_being_written() -> None:
    action = parse_action(format_call("Why.", "edit", FIX))
    assert action is not None
    assert (action.thought, action.tool, action.body) == ("Why.", "edit", FIX)
    assert parse_action("just words") is None
