"""Rows of tasks and episodes of schema version 3 become rows of today's."""

import pytest

from collectors.patches import apply_patch, unified_diff
from collectors.task import Place, task_from_row
from tests.trajectories.test_rows import ORIGIN, SOLVED, STEP
from trajectories.rows import from_row, to_row
from trajectories.schema import TASKS
from trajectories.trajectory import Outcome, Trajectory
from trajectories.version_3 import upgraded_episode, upgraded_task

_CLEAN, _BUGGY = "def f(x):\n    return x > 1\n\n\ny = 1", "def f(x):\n    return x < 1\n\n\ny = 1"
_ROW = {
    "id": "t", "repository": "r", "split": "train", "image": "i", "path": "f.py", "function": "f", "line_number": 2,
    "operator": "comparison", "patch": unified_diff("f.py", _CLEAN, _BUGGY), "buggy_source": _BUGGY,
    "fail_to_pass": ["a"], "pass_to_pass": [], "goal": "g", "status": "valid", "reason": "",
}  # fmt: skip


def test_a_task_of_version_3_has_one_place_and_the_patch_back() -> None:
    row = upgraded_task(_ROW)
    assert set(row) == set(TASKS.names)
    task = task_from_row(row)
    assert task.places == (Place(path="f.py", function="f", line_number=2, operator="comparison"),)
    assert task.start({"f.py": _CLEAN}) == {"f.py": _BUGGY}
    assert apply_patch({"f.py": _BUGGY}, task.oracle_patch) == {"f.py": _CLEAN}


def test_rows_of_other_datasets_are_the_same() -> None:
    row = {"repository": "a"}
    assert upgraded_task(row) is row


_NEW = {"cause", "reason", "reward_valid", "cost", "start_digest"}
_NEW_OF_STEP = set(STEP.__slots__) - {"thought", "tool", "arguments", "observation", "exit_code", "seconds"}


def _episode_of_version_3(**changes: object) -> dict[str, object]:
    row = to_row(Trajectory(id="b", origin=ORIGIN, outcome=Outcome.FAILED, episode=SOLVED))
    steps = [{name: step[name] for name in step if name not in _NEW_OF_STEP} for step in row["episode"]["steps"]]
    kept = {name: value for name, value in row["episode"].items() if name not in _NEW}
    return {**row, "episode": {**kept, **changes, "steps": steps}}


@pytest.mark.parametrize(
    ("ended_by", "reward", "patch", "cause"),
    [
        ("submit", 1.0, "p", "solved"),
        ("submit", 0.0, "p", "unsolved"),
        ("submit", 0.0, "", "gave up"),
        ("policy", 0.0, "p", "gave up"),
        ("seconds", 0.0, "p", "budget"),
        ("tamper", 0.0, "p", "tamper"),
    ],
)
def test_an_episode_of_version_3_has_a_cause(ended_by: str, reward: float, patch: str, cause: str) -> None:
    row = upgraded_episode(_episode_of_version_3(ended_by=ended_by, reward=reward, patch=patch))
    episode = from_row(row).episode
    assert episode is not None
    assert (str(episode.cause), episode.reward_valid, episode.steps) == (cause, True, (STEP, STEP))
