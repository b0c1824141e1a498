"""Fixtures that more than one folder of tests uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from images.base_image import ensure_base
from images.container import Container
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import NoEngine
from images.local_container import LocalContainer

SAMPLE = Path(__file__).parent / "sample_project"


def sample_files() -> dict[str, bytes]:
    """Return the files of the small project that tests build, trace, break and repair."""
    kept = (p for p in SAMPLE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {str(p.relative_to(SAMPLE)): p.read_bytes() for p in sorted(kept)}


@pytest.fixture
def local() -> Iterator[LocalContainer]:
    """Give the sample project in a folder of this machine."""
    with LocalContainer(sample_files()) as container:
        yield container


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Give the engine, or skip."""
    try:
        made = Engine()
    except NoEngine:
        pytest.skip("no Docker engine answers")
    yield made
    made.close()


@pytest.fixture(scope="session")
def base(engine: Engine) -> str:
    """Give the base image for Python 3.11."""
    return ensure_base(engine, "3.11")


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def container(request: pytest.FixtureRequest) -> Iterator[Container]:
    """Give the sample project in each implementation of `Container`."""
    if request.param == "local":
        with LocalContainer(sample_files()) as made:
            yield made
    else:
        with DockerContainer(request.getfixturevalue("engine"), request.getfixturevalue("base")) as made:
            made.put(sample_files())
            yield made
