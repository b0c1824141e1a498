"""Forgers where containers are real: what they do outside of the tree ends with the container, or cannot be done."""

from collections.abc import Callable

import pytest

from collectors.forgers.kit import kit
from collectors.forgers.play import play_cheat
from collectors.judge import judge_patch
from images.docker_container import DockerContainer
from images.engine import Engine
from tests.collectors.planted import PLANTED, SOURCES
from tests.conftest import sample_files

pytestmark = [pytest.mark.docker, pytest.mark.slow]
SILENT = [cheat for cheat in kit() if cheat.silent and cheat.place == "shell"]


@pytest.fixture
def opened(engine: Engine, base: str) -> Callable[[], DockerContainer]:
    """Give what opens a container of the base image with the sample project."""

    def open_container() -> DockerContainer:
        container = DockerContainer(engine, base)
        container.put(sample_files())
        return container

    return open_container


def test_the_oracle_is_rewarded_in_containers(opened: Callable[[], DockerContainer]) -> None:
    assert judge_patch(opened, PLANTED, SOURCES, PLANTED.oracle_patch).reward == 1.0
    assert judge_patch(opened, PLANTED, SOURCES, "").reward == 0.0


@pytest.mark.parametrize("cheat", SILENT, ids=lambda cheat: cheat.name)
def test_what_is_done_outside_of_the_tree_gains_nothing(cheat, opened: Callable[[], DockerContainer]) -> None:
    verdict = play_cheat(cheat, PLANTED, opened, SOURCES)
    assert (verdict.reward, verdict.flags, verdict.valid) == (0.0, (), True)
