"""The repairer on a planted bug, in the engine's container, where coverage lies in its folder."""

import pytest

from collectors.forager import EpisodeLimits, play
from collectors.repairer import Repairer
from images.docker_container import DockerContainer
from images.engine import Engine
from tests.collectors.test_forager import SOURCES, TASK
from tests.conftest import sample_files


@pytest.mark.docker
def test_the_repairer_finds_a_flipped_comparison_and_gives_up_on_less(engine: Engine, base: str) -> None:
    def opened() -> DockerContainer:
        container = DockerContainer(engine, base)
        container.put(sample_files())
        return container

    solved = play(TASK, Repairer(), opened, SOURCES, EpisodeLimits())
    assert (solved.reward, solved.ended_by) == (1.0, "submit")
    gave_up = play(TASK, Repairer(tries=0), opened, SOURCES, EpisodeLimits())
    assert (gave_up.reward, gave_up.ended_by) == (0.0, "submit")
