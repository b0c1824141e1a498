"""What tests of containers share: a small container without a repository, and an image with a compiler and more."""

from collections.abc import Iterator

import pytest

from images.build_mounts import BuildMounts
from images.container_limits import ContainerLimits
from images.docker_container import ENVIRONMENT, PYTHON, DockerContainer
from images.engine import AGENT_UID, Engine
from images.supervisor import Supervisor
from images.supervisor_binary import ensure_supervisor

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
    supervisor = ensure_supervisor(engine)
    with BuildMounts() as mounts:
        running = engine.start(base, supervisor=supervisor, network=True, mounts=mounts.volumes, trusted=True)
        try:
            for script, user in ((_AS_ROOT, 0), (_AS_USER, AGENT_UID)):
                done = Supervisor(running.stream).run(
                    ["sh", "-c", script], user=user, cwd="/", env={**ENVIRONMENT, **mounts.environment}, timeout_s=300
                )
                assert done.exit_code == 0, done.text
            engine.commit(running.id, name=_TOOLS, labels={})
        finally:
            running.stream.close()
            engine.remove(running.id)
    return _TOOLS
