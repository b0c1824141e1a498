"""Fixtures that more than one folder of tests uses."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from images.base_image import ensure_base
from images.bubblewrap_container import BubblewrapContainer
from images.container import Container
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import NoEngine
from images.exported_root import export_root
from images.local_container import LocalContainer
from images.own_cgroup import can_make_cgroups

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


@pytest.fixture(scope="session")
def roots(engine: Engine, base: str) -> Path:
    """Give the folder that holds the base image's files, kept from run to run; skip where bubblewrap is missing."""
    if shutil.which("bwrap") is None or not can_make_cgroups():
        pytest.skip("bubblewrap is not installed, or no groups of the kernel can be made")
    place = Path("/var/tmp/worldline-roots-for-tests")
    export_root(engine, base, place)
    return place


@pytest.fixture(
    params=["local", *(pytest.param(name, marks=pytest.mark.docker) for name in ("docker", "bubblewrap"))],
)
def container(request: pytest.FixtureRequest) -> Iterator[Container]:
    """Give the sample project in each implementation of `Container`."""
    if request.param == "local":
        with LocalContainer(sample_files()) as made:
            yield made
    elif request.param == "bubblewrap":
        with BubblewrapContainer(request.getfixturevalue("roots"), request.getfixturevalue("base")) as made:
            made.put(sample_files())
            yield made
    else:
        with DockerContainer(request.getfixturevalue("engine"), request.getfixturevalue("base")) as made:
            made.put(sample_files())
            yield made
