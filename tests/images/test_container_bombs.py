"""What a command does to use everything up is bounded, cleared and named, and the container or its neighbour goes on."""

import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from images.bubblewrap_container import BubblewrapContainer
from images.container import OUTPUT_LIMIT
from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine
from images.engine_containers import Opening
from images.errors import ContainerLost
from images.supervised_container import SupervisedContainer
from images.supervisor import Supervisor
from images.supervisor_binary import ensure_supervisor
from tests.images.conftest import SMALL

pytestmark = pytest.mark.docker
_FORK = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
_FILL = "f = open({!r}, 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()"
_BOMBS = {
    "python": ["python", "-c", _FORK],
    "bash": ["bash", "-c", "bomb() { bomb | bomb & }; bomb; sleep 100"],
    "setsid": ["bash", "-c", "while true; do setsid sleep 1000 & done 2>/dev/null"],
}
_STUBBORN = {
    "ignores signals": "trap '' TERM HUP INT; sleep 1000",
    "setsid": "setsid sh -c 'trap \"\" TERM HUP; sleep 1000' >/dev/null 2>&1 & sleep 0.1; echo started",
    "double fork": "(setsid sh -c 'sleep 1000 & sleep 1000' &) ; echo started",
    "many children": "for i in $(seq 1000); do sleep 1000 & done 2>/dev/null; echo started",
    "stopped children": "sleep 1000 & kill -STOP $!; echo started",
    "stops itself": "kill -STOP $$",
    "holds the pipe": "exec 3>&1; setsid sleep 1000 >&3 & echo started",
}
_COUNT = "import os; print(sum(name.isdigit() for name in os.listdir('/proc')))"


@pytest.fixture(scope="module", params=["docker", "bubblewrap"])
def bombed(request: pytest.FixtureRequest, engine: Engine, base: str) -> Iterator[SupervisedContainer]:
    """Give one small container of each kind for all bombs that must not end it."""
    if request.param == "docker":
        with DockerContainer(engine, base, limits=SMALL) as container:
            yield container
    else:
        with BubblewrapContainer(request.getfixturevalue("roots"), base, limits=SMALL) as wrapped:
            yield wrapped


def _alone(container: SupervisedContainer) -> bool:
    return container.run([container.python, "-c", _COUNT]).text == "2\n"


def _refused_forks(container: SupervisedContainer) -> int:
    """Return how often the kernel refused a process for their bound, which stays what was asked for."""
    places = [f"/sys/fs/cgroup/{folder}pids.{file}" for file in ("max", "events") for folder in ("", "pids/")]
    seen = container._supervisor.look(places)
    assert "".join(seen[place] for place in places[:2]).strip() == str(SMALL.processes)
    return int("".join(seen[place] for place in places[2:]).split()[1])


@pytest.mark.parametrize("bomb", _BOMBS)
def test_a_fork_bomb_is_cleared_and_the_next_command_works(bombed: SupervisedContainer, bomb: str) -> None:
    began = time.monotonic()
    before = _refused_forks(bombed)
    for seconds in (1, 4, 16):  # on a busy machine it takes a while to make so many processes
        done = bombed.run(_BOMBS[bomb], timeout_s=seconds)
        assert done.timed_out or done.exit_code
        if _refused_forks(bombed) > before:
            break
    assert _refused_forks(bombed) > before
    assert _alone(bombed)
    assert time.monotonic() - began < 40


def test_a_neighbour_of_a_bomb_answers(engine: Engine, base: str, bombed: SupervisedContainer) -> None:
    with DockerContainer(engine, base) as neighbour:
        assert bombed.run(_BOMBS["python"], timeout_s=1).timed_out
        assert neighbour.run(["echo", "here"]).text == "here\n"


@pytest.mark.parametrize("kind", _STUBBORN)
def test_nothing_outlives_its_command(bombed: SupervisedContainer, kind: str) -> None:
    began = time.monotonic()
    bombed.run(["sh", "-c", _STUBBORN[kind]], timeout_s=1.5)
    assert _alone(bombed)
    assert time.monotonic() - began < 20


def test_memory_is_bounded_and_its_end_is_named(bombed: SupervisedContainer) -> None:
    done = bombed.run(["python", "-c", "x = bytearray(400 << 20)"])
    assert (done.exit_code, done.out_of_memory, done.timed_out) == (137, True, False)
    most = bombed.run(["sh", "-c", "cat /sys/fs/cgroup/memory/memory.max_usage_in_bytes || echo 0"]).text
    assert int(most.splitlines()[-1]) <= 1.05 * (256 << 20)
    assert not bombed.run(["sh", "-c", "kill -9 $$"]).out_of_memory


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_a_full_folder_in_memory_does_not_poison_the_container(bombed: SupervisedContainer, folder: str) -> None:
    said = bombed.run(["python", "-c", _FILL.format(f"{folder}/full")])
    assert "No space left" in said.text and not said.out_of_memory
    assert bombed.run(["echo", "alive"]).text == "alive\n"
    assert bombed.run(["python", "-c", "x = bytearray(100 << 20)"]).exit_code == 0
    assert bombed.run(["rm", f"{folder}/full"]).exit_code == 0


def test_memory_that_no_process_holds_is_bounded(engine: Engine, base: str) -> None:
    take = "import ctypes, os; c = ctypes.CDLL(None); print([c.shmget(0, 8 << 20, 0o1600) >= 0 for _ in range(9)])"
    with DockerContainer(engine, base, limits=SMALL) as container:
        assert container.run(["python", "-c", take]).text.count("True") <= 2


def test_a_poisoned_container_is_not_used_again(engine: Engine, base: str) -> None:
    """Fill a folder of this machine's memory, which no limit of ours stops, from inside."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    folder.chmod(0o777)
    limits = ContainerLimits(memory_bytes=64 << 20)
    asked = Opening(image=base, supervisor=ensure_supervisor(engine), limits=limits, disks={str(folder): "/mnt"})
    running = engine.open(asked)
    try:
        inside = Supervisor(running.stream)
        env = {"PATH": "/opt/venv/bin:/usr/bin:/bin"}
        assert inside.run(
            ["python", "-c", _FILL.format("/mnt/full")], user=10001, cwd="/", env=env, timeout_s=30
        ).out_of_memory
        with pytest.raises(ContainerLost, match="held by nobody") as caught:
            inside.run(["true"], user=10001, cwd="/", env=env, timeout_s=30)
        assert caught.value.reason == "poisoned"
    finally:
        running.stream.close()
        engine.remove(running.id)
        shutil.rmtree(folder)


def test_bytes_and_files_on_disk_are_bounded(bombed: SupervisedContainer) -> None:
    many = "i = 0\nwhile True: open(f'f{i}', 'w').close(); i += 1"
    for folder in ("/testbed", "/home/worldline", "/var/tmp"):
        said = bombed.run(["python", "-c", _FILL.format(f"{folder}/full")])
        assert "File too large" in said.text or "No space left" in said.text
    assert "No space left" in bombed.run(["python", "-c", many]).text
    assert int(bombed.run(["du", "-sm", "/testbed"]).text.split()[0]) <= 64
    cleaned = bombed.run(["sh", "-c", "rm -rf f* full ~/full /var/tmp/full && echo x > y && cat y"])
    assert cleaned.text == "x\n"


def test_a_container_that_is_committed_is_watched(engine: Engine, base: str) -> None:
    limits = ContainerLimits(disk_bytes=16 << 20)
    slow = "while true; do i=$((i+1)); head -c 4000000 /dev/zero > /var/tmp/$i; sleep 0.2; done"
    with (
        DockerContainer(engine, base, writable=True, limits=limits) as container,
        pytest.raises(ContainerLost, match="more than 16777216 bytes") as caught,
    ):
        container.run(["bash", "-c", slow], timeout_s=60)
    assert caught.value.reason == "disk"


def test_endless_output_is_bounded_and_counted(bombed: SupervisedContainer) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    late = bombed.run(["sh", "-c", "yes"], timeout_s=1)
    assert late.timed_out and late.truncated and late.output_bytes > 2 * OUTPUT_LIMIT
    line = bombed.run(["sh", "-c", "head -c 1000000000 /dev/zero; echo end"])
    assert (line.output_bytes, line.output[-5:], line.truncated) == (1_000_000_004, b"\0end\n", True)
    assert max(len(late.output), len(line.output)) < OUTPUT_LIMIT + 100
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 << 10


@pytest.mark.parametrize("data", [b"a\0\xff\x1b[31m", b"\xc3(\xa0\xa1", bytes(range(256))], ids=["nul", "utf8", "all"])
def test_odd_bytes_come_as_they_are(bombed: SupervisedContainer, data: bytes) -> None:
    bombed.put({"odd": data})
    assert bombed.run(["cat", "odd"]).output == data


_TRACED = {
    "untraces itself": "import sys; sys.settrace(None); print('ok')",
    "leaves at once": "import os; os._exit(0)",
    "forks": "import os; os.fork(); os.fork()",
    "becomes another": "import os; os.execv('/bin/echo', ['echo', 'ok'])",
    "threads that stay": "import threading, time; threading.Thread(target=time.sleep, args=(1000,)).start()",
    "endless repr": "class A:\n def __repr__(self):\n  while True: pass\nrepr(A())",
    "raising repr": "class A:\n def __repr__(self): raise SystemExit(3)\nrepr(A())",
    "many events": "for i in range(10**9): pass",
    "recursion": "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    "deep data": "x = []\nfor i in range(10**9): x = [x]",
    "ends by a signal": "import ctypes; ctypes.string_at(0)",
    "closes all": "import os; os.closerange(0, 65536); os.abort()",
}


@pytest.mark.parametrize("program", _TRACED)
def test_a_hostile_program_ends_by_itself_or_at_its_deadline(bombed: SupervisedContainer, program: str) -> None:
    began = time.monotonic()
    bombed.run([bombed.python, "-c", _TRACED[program]], timeout_s=1.5)
    assert _alone(bombed)
    assert time.monotonic() - began < 20


_SETUPS = {
    "forks": _FORK,
    "takes memory": "x = [bytearray(50 << 20) for _ in range(1000)]",
    "prints without end": "while True: print('x' * 10_000)",
    "stays behind": "import os\nif not os.fork():\n os.setsid()\n while True: pass",
    "kills": "import os; os.kill(-1, 9)",
    "reads": "print(open('/etc/hostname').read(), open('/proc/1/environ').read())",
    "changes the base": "open('/usr/bin/git', 'w')",
}


def test_a_hostile_set_up_is_bounded_where_it_is_installed(engine: Engine, base: str) -> None:
    limits = ContainerLimits(memory_bytes=256 << 20, processes=64)
    with DockerContainer(engine, base, network=True, limits=limits) as container:
        for name, text in _SETUPS.items():
            container.put({"setup.py": text.encode()})
            done = container.run([container.python, "setup.py"], timeout_s=1.5)
            assert done.timed_out or done.exit_code or name == "stays behind", name
            assert len(done.output) < 2 * OUTPUT_LIMIT
            assert _alone(container), name
        name = container.id
    assert not engine.is_running(name)
