"""The repairer on planted bugs, in the engine's container, where coverage lies in its folder."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from collectors.forager import EpisodeLimits, play
from collectors.patches import unified_diff
from collectors.repairer import Repairer
from collectors.task import Task
from images.docker_container import DockerContainer
from images.engine import Engine
from tests.collectors.test_forager import CLEAN, SOURCES, TASK
from tests.conftest import sample_files

pytestmark = pytest.mark.docker
TESTS = [f"tests/test_ledger.py::{name}" for name in ("test_balance_adds", "test_largest", "test_largest_of_nothing")]
GOAL = "The function `largest` in `ledger.py` and the function `balance` in `ledger.py` are broken.\n"


@pytest.fixture
def opened(engine: Engine, base: str) -> Callable[[], DockerContainer]:
    def open_sample() -> DockerContainer:
        container = DockerContainer(engine, base)
        container.put(sample_files())
        return container

    return open_sample


def _task(buggy: str, failing: list[str], goal: str) -> Task:
    return replace(
        TASK,
        patch=unified_diff("ledger.py", CLEAN, buggy),
        oracle_patch=unified_diff("ledger.py", buggy, CLEAN),
        fail_to_pass=tuple(failing),
        pass_to_pass=tuple(test for test in TESTS if test not in failing),
        goal=goal,
    )


def test_the_repairer_finds_a_flipped_comparison_and_gives_up_on_less(opened: Callable[[], DockerContainer]) -> None:
    solved = play(TASK, Repairer(), opened, SOURCES, EpisodeLimits())
    assert (solved.reward, solved.ended_by) == (1.0, "submit")
    gave_up = play(TASK, Repairer(tries=0), opened, SOURCES, EpisodeLimits())
    assert (gave_up.reward, gave_up.ended_by, gave_up.patch) == (0.0, "submit", "")


def test_a_bug_of_two_places_is_repaired_one_after_the_other(opened: Callable[[], DockerContainer]) -> None:
    buggy = CLEAN.replace("amount > best", "amount < best").replace("total += amount", "total -= amount")
    episode = play(_task(buggy, TESTS[:2], GOAL), Repairer(), opened, SOURCES, EpisodeLimits(steps=100))
    assert (episode.reward, episode.ended_by) == (1.0, "submit")
    assert any("I keep it" in step.thought for step in episode.steps)


def test_a_goal_that_names_no_function_and_no_test_is_enough(opened: Callable[[], DockerContainer]) -> None:
    buggy = CLEAN.replace("    best = entries[0]\n", "")
    episode = play(
        _task(buggy, TESTS[1:2], "Asking for the largest amount raises."), Repairer(), opened, SOURCES, EpisodeLimits()
    )
    assert episode.steps[0].tool == "test"
    assert episode.ended_by == "submit"
    again = _task(CLEAN.replace("amount > best", "amount < best"), TESTS[1:2], "The largest amount is wrong.")
    assert play(again, Repairer(), opened, SOURCES, EpisodeLimits()).reward == 1.0
