"""Rows of tasks of schema version 3 become rows of today's."""

from collectors.patches import apply_patch, unified_diff
from collectors.task import Place, task_from_row
from trajectories.schema import TASKS
from trajectories.version_3 import upgraded_task

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
