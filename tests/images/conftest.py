"""What tests of containers share: a small container without a repository, and an image with a compiler and more."""

from collections.abc import Iterator

import pytest

from images.base_image import run_trusted
from images.container_limits import ContainerLimits
from images.docker_container import PYTHON, DockerContainer
from images.engine import Engine

_TOOLS = "worldline/tools-for-tests:1"
_AS_ROOT = "apt-get update -q && apt-get install -y -q --no-install-recommends gcc libc6-dev"
_AS_USER = f"{PYTHON} -m pip install -q --no-cache-dir pytest-xdist"
SMALL = ContainerLimits(memory_bytes=256 << 20, processes=64, disk_bytes=64 << 20, disk_files=4096)


@pytest.fixture
def inside(engine: Engine, base: str) -> Iterator[DockerContainer]:
    """Give a small container without a repository."""
    with DockerContainer(engine, base, limits=SMALL) as container:
        yield container


@pytest.fixture(scope="session")
def tools(engine: Engine, base: str) -> str:
    """Give the base image with a C compiler and pytest-xdist; it is made once and kept."""
    if engine.image_id(_TOOLS):
        return _TOOLS
    said = run_trusted(engine, base, _AS_ROOT, name=_TOOLS, labels={}, then_as_user=_AS_USER)
    assert said is None, said
    return _TOOLS
