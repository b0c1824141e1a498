"""The gates: what they say of a good task, and what they refuse."""

import re
from dataclasses import replace

from collectors.gates import GateSettings, check_tasks
from collectors.gates.leaks import find_leaks, tree_faults
from collectors.judge import JudgeSettings
from collectors.patches import unified_diff
from collectors.start_state import prepare_state
from collectors.task import Task
from tests.collectors.planted import BUGGY, CLEAN, NO_CHANGE, PLANTED, SOURCES, TESTS, open_sample

_FEW = GateSettings(runs=2, failing=1, forgers=0, judge=JudgeSettings(seconds=60))


def _checked(task: Task, settings: GateSettings = _FEW) -> Task:
    (checked,) = check_tasks(open_sample, [task], SOURCES, settings)
    return checked


def test_a_good_task_has_the_outcome_of_every_gate() -> None:
    checked = _checked(PLANTED)
    assert (checked.status, checked.reason) == ("valid", "")
    assert checked.gates == {
        "leaks": "0 places",
        "tree": "one commit",
        "oracle": "2 of 2 rewarded",
        "null": "0 of 1 rewarded",
        "no-op": "0 of 1 rewarded",
        "forgers": checked.gates["forgers"],
    }


def test_the_forgers_are_a_gate_of_every_task() -> None:
    checked = _checked(PLANTED, replace(_FEW, forgers=2))
    assert re.fullmatch(r"0 of \d\d rewarded, 2 of them run", checked.gates["forgers"])
    open_judge = replace(_FEW, forgers=40, judge=JudgeSettings(machinery=False, twins=False, seconds=60))
    assert _checked(PLANTED, open_judge).reason.startswith("gate forgers: ")


def test_a_task_that_is_refused_already_is_not_run() -> None:
    task = replace(PLANTED, status="refused", reason="no test fails")
    assert check_tasks(open_sample, [task], SOURCES, _FEW) == [task]


def test_an_oracle_that_repairs_nothing_refuses() -> None:
    checked = _checked(replace(PLANTED, oracle_patch=NO_CHANGE))
    assert checked.status == "refused"
    assert checked.reason == f"gate oracle: 0 of 2 rewarded: {TESTS[1]} failed"


def test_a_bug_that_no_test_sees_refuses() -> None:
    task = replace(PLANTED, fail_to_pass=(TESTS[0],), pass_to_pass=())
    assert _checked(task).reason == f"gate null: 1 of 1 rewarded: {TESTS[0]} passed"


def test_a_test_that_depends_on_the_hash_seed_refuses() -> None:
    text = "def test_seed():\n    assert hash('a') % 97 == VALUE\n"
    with open_sample() as container:
        value = container.run([container.python, "-c", "print(hash('a') % 97)"]).text.strip()
    task = replace(
        PLANTED,
        pass_to_pass=("tests/test_seed.py::test_seed",),
        hidden_files={"tests/test_seed.py": text.replace("VALUE", value)},
    )
    assert _checked(task).reason.startswith("gate oracle: 1 of 2 rewarded: tests/test_seed.py::test_seed failed")


def test_a_run_near_the_limit_refuses() -> None:
    checked = _checked(PLANTED, replace(_FEW, slowest=0.001))
    assert "a run takes" in checked.reason


def test_the_state_is_one_commit_that_git_cannot_take_back() -> None:
    with open_sample() as container:
        prepare_state(container, replace(PLANTED, patch=""), SOURCES)
        container.put({"ledger.py": BUGGY.encode()})
        assert tree_faults(container) == ["the tree is not the commit"]
        prepare_state(container, PLANTED, SOURCES)
        assert tree_faults(container) == []
        container.run(["git", "checkout", "-f", "HEAD", "--", "."])
        assert container.get(["ledger.py"]) == {"ledger.py": BUGGY.encode()}
        assert container.run(["sh", "-c", "echo x | git hash-object -w --stdin"]).exit_code == 0
        (fault,) = tree_faults(container)
        assert fault.endswith("belong to the commit")


def test_copies_of_the_fix_are_found_in_folders_archives_and_byte_code() -> None:
    fixed = CLEAN.replace("if amount > best:", "if amount > best and amount is not None:")
    task = replace(PLANTED, oracle_patch=unified_diff("ledger.py", BUGGY, fixed))
    with open_sample() as container:
        prepare_state(container, PLANTED, SOURCES)
        assert find_leaks(container, [task], SOURCES) == {task.id: []}
        make = (
            "mkdir -p build && cp ledger.py build/ && sed -i 's/amount < best:/amount > best and amount is not None:/'"
        )
        more = "tar czf old.tar.gz build && python -m zipfile -c old.whl build/ledger.py && mkdir -p testbed"
        compiled = "python -c \"import py_compile; py_compile.compile('ledger.py')\""
        assert container.run(["bash", "-c", f"{make} build/ledger.py && {more} && {compiled}"]).exit_code == 0
        places = find_leaks(container, [task], SOURCES)[task.id]
    names = sorted(place.removeprefix(f"{container.root}/") for place in places)
    assert names[0].startswith("__pycache__/ledger.")
    assert names[1:] == ["build/ledger.py", "old.tar.gz!build/ledger.py", "old.whl!ledger.py"]


def test_a_line_that_stands_elsewhere_in_the_tree_is_no_leak() -> None:
    line = "raise ValueError('there are no entries in this ledger')"
    fixed = BUGGY.replace('raise ValueError("no entries")', line)
    task = replace(PLANTED, oracle_patch=unified_diff("ledger.py", BUGGY, fixed))
    with open_sample() as container:
        container.put({"notes.txt": f"{line}\n".encode()})
        prepare_state(container, PLANTED, SOURCES)
        container.put({"copy.txt": f"{line}\n".encode()})
        assert find_leaks(container, [task], SOURCES) == {task.id: []}
