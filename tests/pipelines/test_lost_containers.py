"""A unit of work whose container is lost is done once more, in another one."""

import pytest

from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import ContainerLost
from pipelines.collect import run_again_if_lost

pytestmark = pytest.mark.docker


def _unit(engine: Engine, base: str, opened: list[str], losses: int) -> str:
    with DockerContainer(engine, base) as container:
        opened.append(container.id)
        if len(opened) <= losses:
            engine.remove(container.id)
        return container.run(["echo", "done"]).text


def test_a_lost_container_is_replaced_once(engine: Engine, base: str) -> None:
    opened: list[str] = []
    assert run_again_if_lost(_unit, (engine, base, opened, 1)) == "done\n"
    assert len(set(opened)) == 2
    assert not any(engine.is_running(one) for one in opened)


def test_a_unit_that_loses_each_container_fails_with_the_reason(engine: Engine, base: str) -> None:
    opened: list[str] = []
    with pytest.raises(ContainerLost) as caught:
        run_again_if_lost(_unit, (engine, base, opened, 9))
    assert (caught.value.reason, len(opened)) == ("ended", 2)
