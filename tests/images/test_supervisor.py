"""The container's main process: bounds and clears what runs, and cannot be talked over or killed from inside."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from images.docker_container import DockerContainer
from images.engine import ContainerLimits, Engine
from images.errors import EngineError
from images.supervisor_binary import ensure_supervisor

pytestmark = pytest.mark.docker
_FORK_BOMB = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
_ESCAPE = "setsid sh -c 'trap \"\" TERM HUP; sleep 1000' >/dev/null 2>&1 & sleep 0.2; echo started"


@pytest.fixture
def inside(engine: Engine, base: str) -> Iterator[DockerContainer]:
    """Give a small container without a repository."""
    limits = ContainerLimits(memory_bytes=256 << 20, processes=64)
    with DockerContainer(engine, base, limits=limits) as container:
        yield container


def _processes(container: DockerContainer) -> int:
    count = "import os; print(sum(name.isdigit() for name in os.listdir('/proc')))"
    return int(container.run([container.python, "-c", count]).text)


def test_children_that_escape_are_gone_after_the_command(inside: DockerContainer) -> None:
    before = _processes(inside)
    assert inside.run(["sh", "-c", _ESCAPE]).text == "started\n"
    assert _processes(inside) == before


def test_a_fork_bomb_is_cleared_and_the_next_command_works(inside: DockerContainer) -> None:
    started = time.monotonic()
    assert inside.run([inside.python, "-c", _FORK_BOMB], timeout_s=1).timed_out
    assert inside.run(["echo", "alive"]).text == "alive\n"
    assert time.monotonic() - started < 15


def test_the_agent_cannot_end_or_imitate_the_supervisor(inside: DockerContainer) -> None:
    said = inside.run(["sh", "-c", "kill -9 1; kill -9 -1; echo survived"])
    assert said.exit_code in (0, 137)
    forged = inside.run(["sh", "-c", "echo R0000 > /proc/1/fd/1; echo x > /proc/1/fd/0; cat /proc/1/environ"])
    assert forged.text.count("ermission denied") == 3
    assert inside.run(["echo", "alive"]).text == "alive\n"


def test_what_is_used_up_is_named(inside: DockerContainer) -> None:
    done = inside.run([inside.python, "-c", "x = bytearray(400 << 20)"])
    assert (done.exit_code, done.out_of_memory, done.timed_out) == (137, True, False)
    assert not inside.run(["sh", "-c", "kill -9 $$"]).out_of_memory


def test_odd_output_comes_as_it_is(inside: DockerContainer) -> None:
    assert inside.run(["printf", r"a\000\377\033[31m"]).output == b"a\0\xff\x1b[31m"
    done = inside.run(["sh", "-c", "head -c 300000000 /dev/zero; echo end"])
    assert done.truncated and done.output.endswith(b"\0end\n") and len(done.output) < 1.1 * (1 << 20)


def test_a_file_that_the_agent_may_not_write_is_an_error(inside: DockerContainer) -> None:
    with pytest.raises(EngineError, match="/etc/passwd"):
        inside.put({"/etc/passwd": b"root::0:0::/:/bin/sh\n"})
    inside.run(["ln", "-s", "/etc/passwd", "/testbed/link"])
    inside.put({"link": b"own"})
    assert inside.get(["link"]) == {"link": b"own"}


def test_reading_waits_for_no_fifo_and_no_endless_file(inside: DockerContainer) -> None:
    inside.run(["sh", "-c", "mkfifo pipe; ln -s /dev/zero zero; truncate -s 1G sparse; echo x > x"])
    started = time.monotonic()
    assert inside.get(["pipe", "zero", "sparse", "/proc/kmsg", "x"]) == {"x": b"x\n"}
    assert time.monotonic() - started < 5


def test_a_container_ends_with_the_process_that_holds_it(engine: Engine, base: str) -> None:
    program = (
        "import sys, time\nfrom images.docker_container import DockerContainer\nfrom images.engine import Engine\n"
        f"c = DockerContainer(Engine(), {base!r})\nprint(c.id, flush=True)\nc.run(['sleep', '100'], timeout_s=200)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    name = holder.stdout.readline().strip()
    assert engine.is_running(name)
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    deadline = time.monotonic() + 20
    while engine.is_running(name) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not engine.is_running(name)


def test_a_machine_without_a_compiler_compiles_in_a_container(
    engine: Engine, base: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("PATH", "/nowhere")
    made = ensure_supervisor(engine, image=base)
    assert made.stat().st_size > 100_000
    assert ensure_supervisor(engine) == made
