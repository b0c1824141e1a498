"""Candidates, screening and planting on the sample project."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import iniconfig
import pytest

from collectors.candidates import Bug, Candidates
from collectors.entry_points import functions_of
from collectors.joined_bugs import joined_bugs
from collectors.line_coverage import Reach
from collectors.mutate_fix import MutateFixSettings, Planting, plant_bugs
from collectors.screening import ScreenJob, ScreenSettings, screen
from collectors.task import Task
from images.container import Completed, Container
from images.errors import ContainerLost
from images.health import TestSelection, run_tests
from images.local_container import LocalContainer
from tests.collectors.test_tracing import SOURCES, TESTS, _map
from tests.conftest import sample_files

CLEAN = SOURCES["ledger.py"]
PLANTING = Planting(repository="ledger", split="train", image="i", source_digest="d")
CHANGES = {
    "same": CLEAN,
    "wrong": CLEAN.replace("amount > best", "amount < best"),
    "broken": CLEAN.replace("total = 0", "total = 0 x"),
    "endless": CLEAN.replace("    total = 0\n", "    total = 0\n    while True:\n        pass\n"),
    "gone": CLEAN.replace("    total = 0\n", "    import os\n    os._exit(0)\n"),
}


def _opened() -> LocalContainer:
    return LocalContainer(sample_files())


@pytest.fixture
def candidates(local: LocalContainer) -> Callable[[], Candidates]:
    reached = _map(local)
    return lambda: Candidates(reached, SOURCES, seed=0)


def test_a_screened_change_ends_as_in_a_fresh_process(container: Container) -> None:
    jobs = [ScreenJob(id=name, files={"ledger.py": text}, stages=(tuple(TESTS),)) for name, text in CHANGES.items()]
    screened = screen(container, jobs, ScreenSettings(factor=10, grace_seconds=3))
    assert screened.sound
    assert container.get(["ledger.py"])["ledger.py"].decode() == CLEAN
    for name, text in CHANGES.items():
        container.put({"ledger.py": text.encode()})
        fresh = run_tests(container, TestSelection(ids=TESTS), timeout_s=8 if name == "endless" else 120)
        (run,) = screened.runs[name]
        assert (run.complete, run.completed.timed_out) == (fresh.complete, fresh.completed.timed_out), name
        assert {t.id: t.outcome for t in run.outcomes.values()} == {t.id: t.outcome for t in fresh.outcomes.values()}
        assert set(run.collection_errors) == set(fresh.collection_errors)


def test_more_tests_run_when_the_first_ones_pass(local: LocalContainer) -> None:
    job = ScreenJob(id="j", files={"ledger.py": CHANGES["wrong"]}, stages=((TESTS[0],), (TESTS[1], TESTS[2])))
    first, second = screen(local, [job], ScreenSettings()).runs["j"]
    assert first.ids("passed") == [TESTS[0]]
    assert second.ids("failed") == [TESTS[1]]


def test_a_project_that_pytest_itself_imports_is_run_in_fresh_processes(local: LocalContainer) -> None:
    package = Path(iniconfig.__file__).parent
    local.put({f"iniconfig/{path.name}": path.read_bytes() for path in package.glob("*.py")})
    broken = ScreenJob(id="b", files={"iniconfig/__init__.py": "raise OSError\n"}, stages=(tuple(TESTS),))
    same = ScreenJob(id="s", files={"ledger.py": CLEAN}, stages=(tuple(TESTS),))
    runs = screen(local, [broken, same], ScreenSettings()).runs
    assert [runs[name][0].complete for name in ("b", "s")] == [False, True]


def test_tests_that_do_not_pass_by_themselves_judge_nothing(local: LocalContainer) -> None:
    local.put({"tests/test_bad.py": b"def test_bad():\n    assert False\n"})
    job = ScreenJob(id="j", files={"ledger.py": CLEAN}, stages=((TESTS[0], "tests/test_bad.py::test_bad"),))
    (run,) = screen(local, [job], ScreenSettings()).runs["j"]
    assert list(run.outcomes) == [TESTS[0]]


def test_a_change_that_harms_the_tree_is_told_from_its_neighbours(candidates: Callable[[], Candidates]) -> None:
    bugs = candidates().take(3)
    ((function, mutation),) = bugs[1].edits
    # Runs at import, so that whatever comes after it in this container would fail too.
    harm = replace(mutation, start=0, end=0, replacement="import os\nos.remove('tests/test_ledger.py')\n")
    bugs[1] = Bug(edits=((function, harm),), tests=bugs[1].tests)
    tasks = plant_bugs(_opened, _Listed(bugs), SOURCES, PLANTING, MutateFixSettings(joined=0))
    assert [task.status for task in tasks] == ["valid", "refused", "valid"]
    assert tasks[1].reason in ("the tests of the clean tree failed afterwards", "the tests could not be collected")


class _Listed(Candidates):
    """Gives out what it was given."""

    def __init__(self, bugs: list[Bug]) -> None:
        super().__init__([], {}, seed=0)
        self._bugs = bugs

    def take(self, number: int) -> list[Bug]:
        taken, self._bugs = self._bugs[:number], self._bugs[number:]
        return taken

    def learn(self, bug: Bug, *, failed: bool) -> None:
        pass


class _Ending(LocalContainer):
    """Is lost at its second command."""

    commands = 0

    def run(self, *arguments: Any, **named: Any) -> Completed:
        self.commands += 1
        if self.commands == 2:
            raise ContainerLost("ended", "its time was up")
        return super().run(*arguments, **named)


def test_a_container_that_is_lost_is_followed_by_another(candidates: Callable[[], Candidates]) -> None:
    opened: list[_Ending] = []

    def opens() -> _Ending:
        opened.append(_Ending(sample_files()))
        return opened[-1]

    tasks = plant_bugs(opens, candidates(), SOURCES, PLANTING, MutateFixSettings(candidates=3, tasks=1, joined=0))
    assert sum(task.status == "valid" for task in tasks) == 1
    more = plant_bugs(opens, candidates(), SOURCES, PLANTING, MutateFixSettings(candidates=30, tasks=26, joined=0))
    assert len(opened) == 3
    assert all(task.reason != "the tests of the clean tree failed afterwards" for task in more)


def test_planted_bugs_fail_tests_that_passed(candidates: Callable[[], Candidates]) -> None:
    tasks = plant_bugs(_opened, candidates(), SOURCES, PLANTING, MutateFixSettings(candidates=20, tasks=3, joined=0))
    valid = [task for task in tasks if task.status == "valid"]
    assert len(valid) >= 3
    assert all(task.fail_to_pass and task.start(SOURCES) for task in valid)
    assert len({task.id for task in tasks}) == len(tasks)


def test_candidates_come_in_the_same_order_for_the_same_seed(candidates: Callable[[], Candidates]) -> None:
    assert candidates().take(9) == candidates().take(9)


def test_functions_and_operators_come_in_turn(candidates: Callable[[], Candidates]) -> None:
    taken = candidates().take(6)
    assert {bug.function.name for bug in taken} == {"balance", "largest"}
    assert len({bug.edits[0][1].operator for bug in taken}) >= 5


def test_an_operator_that_goes_unnoticed_comes_less_often(candidates: Callable[[], Candidates]) -> None:
    pool = candidates()
    for bug in pool.take(4):
        pool.learn(bug, failed=bug.function.name == "largest")
    assert {bug.function.name for bug in pool.take(4)} == {"largest"}


def test_bugs_along_a_chain_of_calls_are_joined() -> None:
    source = "def low(a):\n    return a + 1\n\n\ndef high(a):\n    return low(a) * 2\n"
    parts = [_planted(source, name) for name in ("low", "high")]
    (joined,) = joined_bugs(parts, {"m.py": source}, number=5, seed=0)
    assert joined.changed({"m.py": source}) == {"m.py": source.replace("+", "-").replace("* 2", "+ 2")}
    assert joined_bugs([parts[0], parts[0]], {"m.py": source}, number=5, seed=0) == []
    unrelated = source.replace("low(a) * 2", "a * 2")
    assert (
        joined_bugs([_planted(unrelated, name) for name in ("low", "high")], {"m.py": unrelated}, number=5, seed=0)
        == []
    )


def _planted(source: str, name: str) -> tuple[Bug, Task]:
    reached = [
        Reach(test="t", outcome="passed", core="c", function=f, lines=(f.body_line,))
        for f in functions_of("m.py", source)
    ]
    bugs = Candidates(reached, {"m.py": source}, seed=0).take(50)
    bug = next(b for b in bugs if b.function.name == name and b.edits[0][1].operator == "arithmetic-operator")
    task = Task(
        id=name, repository="r", split="train", image="i", places=(), patch="", oracle_patch="",
        fail_to_pass=("t",), pass_to_pass=(), goal="",
    )  # fmt: skip
    return bug, task
