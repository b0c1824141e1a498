"""Files in and out of a container: odd things are left out or an error, soon, and are never files of this machine."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import EngineError

pytestmark = pytest.mark.docker
_ODD = """
mkfifo fifo; truncate -s 1G sparse; ln -s /dev/zero zero; ln -s /etc/passwd link; ln -s loop1 loop2; ln -s loop2 loop1
mkdir folder locked; echo x > locked/x; chmod 000 locked; echo x > shut; chmod 000 shut
ln /testbed/plain hard 2>/dev/null; ln -s /etc etc; ln -s ../../../../etc/shadow up
python -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')"
"""
_LEFT_OUT = [
    *(
        "fifo",
        "sparse",
        "zero",
        "link",
        "loop1",
        "folder",
        "locked/x",
        "shut",
        "up",
        "socket",
        "missing",
        "",
        "a/../..",
    ),
    *("/proc/kmsg", "/proc/1/environ", "/proc/1/mem", "/dev/zero", "/dev/stdin", "/etc/shadow", "\0", "x" * 5000),
]


@pytest.fixture(scope="module")
def holding(engine: Engine, base: str) -> Iterator[DockerContainer]:
    """Give a container full of odd files."""
    with DockerContainer(engine, base) as container:
        container.put({"plain": b"plain\n"})
        assert container.run(["sh", "-c", _ODD]).text == ""
        yield container


@pytest.mark.parametrize("path", _LEFT_OUT, ids=[repr(path[:20]) for path in _LEFT_OUT])
def test_what_is_no_readable_file_is_left_out(holding: DockerContainer, path: str) -> None:
    began = time.monotonic()
    assert holding.get([path, "plain"]) == {"plain": b"plain\n"}
    assert time.monotonic() - began < 20


def test_what_a_name_leads_to_lies_inside(holding: DockerContainer) -> None:
    found = holding.get(["etc/hostname", "/proc/self/status"])
    assert found["etc/hostname"] == b"sandbox\n" != Path("/etc/hostname").read_bytes()
    assert found["/proc/self/status"] == b""  # files of no size are read as empty, however much they would say


def test_a_file_that_is_swapped_while_it_is_read_is_either(engine: Engine, base: str) -> None:
    swap = "import os\nfor i in range(10**5):\n os.symlink('/etc/shadow', 'n'); os.replace('n', 'f')\n"
    swap += " open('m', 'w').close(); os.replace('m', 'f')"
    with DockerContainer(engine, base) as container:
        container.run(["python", "-c", swap], timeout_s=0.5)
        assert container.get(["f"]) in ({}, {"f": b""})


def test_more_than_is_read_at_once_is_left_out(holding: DockerContainer) -> None:
    holding.run(["sh", "-c", "for i in 1 2 3; do head -c 30000000 /dev/zero > big$i; done"])
    assert list(holding.get(["big1", "big2", "big3", "plain"])) == ["big1", "big2", "plain"]


def test_a_place_that_is_full_is_an_error(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base, limits=ContainerLimits(disk_bytes=16 << 20)) as container:
        with pytest.raises(EngineError, match="big"):
            container.put({"big": bytes(30 << 20)})
        container.run(["rm", "-f", "big"])
        container.put({"a b/\u00e9\n": b"x"})
        assert container.get(["a b/\u00e9\n"]) == {"a b/\u00e9\n": b"x"}


def test_what_may_not_be_written_stays(holding: DockerContainer) -> None:
    for name in ("/etc/passwd", "/proc/1/oom_score_adj", "/.worldline/supervisor", "/opt/venv/bin/python", "/new"):
        with pytest.raises(EngineError, match=name):
            holding.put({name: b"x"})
