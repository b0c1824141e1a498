"""How containers run: every flag takes effect, a flag that does not ends the start, and what must work does."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from images.container_limits import ContainerLimits
from images.container_profile import seccomp_profile
from images.docker_container import DockerContainer
from images.engine import Engine
from images.engine_containers import Opening, Running
from images.errors import EngineError

pytestmark = pytest.mark.docker
_FORBIDDEN = Path(__file__).parent / "forbidden_calls.py"
_LOOPBACK = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
_REACH = """
import socket, time
def tcp(host, port): socket.create_connection((host, port), 0.9).close()
def udp(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.9); s.sendto(b'x', (host, port)); s.recv(1)
def name(host, port): socket.getaddrinfo(host, port)
for kind in (tcp, udp, name):
    for host in ('1.1.1.1', '169.254.169.254', '172.17.0.1', '172.17.0.2', '10.0.0.1', '2606:4700:4700::1111',
                 'example.org', 'host.docker.internal'):
        if kind is name and host[0].isdigit(): continue
        began = time.monotonic()
        try:
            kind(host, 53); print('REACHED', kind.__name__, host)
        except OSError: pass
        if time.monotonic() - began > 1: print('SLOW', kind.__name__, host)
print('end')
"""


def test_the_engine_is_asked_for_every_flag(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base) as container:
        host = engine._client.api.inspect_container(container.id)["HostConfig"]
    wanted = {
        "AutoRemove": True,
        "NetworkMode": "none",
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "Memory": 2 << 30,
        "MemorySwap": 2 << 30,
        "NanoCpus": 10**9,
        "PidsLimit": 512,
        "ShmSize": 64 << 20,
        "OomScoreAdj": 500,
        "LogConfig": {"Type": "none", "Config": {}},
        "Privileged": False,
    }
    assert {name: host[name] for name in wanted} == wanted
    assert sorted(host["CapAdd"]) == ["KILL", "SETGID", "SETUID"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert not any("docker.sock" in bind for bind in host["Binds"])


@pytest.mark.parametrize("settings", [{}, {"network": True}, {"writable": True}], ids=["run", "build", "offline build"])
def test_each_kind_of_container_is_as_it_is_asked_for(engine: Engine, base: str, settings: dict[str, bool]) -> None:
    limits = ContainerLimits(memory_bytes=512 << 20, processes=100, cpus=0.5, disk_bytes=100 << 20)
    with DockerContainer(engine, base, limits=limits, **settings) as container:
        assert container.run(["id", "-u"]).text == "10001\n"
        assert (container.run(["touch", "/opt/venv/new"]).exit_code == 0) is bool(settings)
        assert container.run(["sh", "-c", "echo x > /tmp/x && cat /tmp/x"]).text == "x\n"


class _LaxEngine(Engine):
    """An engine that passes over a flag in silence."""

    def __init__(self, change: Callable[[Opening], Opening]) -> None:
        super().__init__()
        self._change = change
        self.opened: list[Running] = []

    def open(self, asked: Opening) -> Running:
        self.opened.append(super().open(self._change(asked)))
        return self.opened[-1]


def _limits(**changed: float) -> Callable[[Opening], Opening]:
    return lambda asked: replace(asked, limits=replace(asked.limits, **changed))


def _profile(**changed: bool) -> Callable[[Opening], Opening]:
    return lambda asked: replace(asked, profile=replace(asked.profile, **changed))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_limits(memory_bytes=4 << 30), "memory 4294967296"),
        (_limits(processes=4096), "processes 4096"),
        (_limits(cpus=2.0), "cores 200000 of 100000"),
        (_limits(disk_bytes=1 << 30), "max file size"),
        (_profile(closed=False), "filtered by another profile"),
        (_profile(read_only=False), "the root can be written"),
        (lambda asked: replace(asked, network=True), "network interfaces"),
        (lambda asked: replace(asked, disks={}), "/testbed has"),
    ],
    ids=["memory", "processes", "cpus", "file size", "seccomp", "read-only", "network", "disk"],
)
def test_a_flag_that_has_no_effect_ends_the_start(
    base: str, change: Callable[[Opening], Opening], sentence: str
) -> None:
    engine = _LaxEngine(change)
    with pytest.raises(EngineError, match=sentence):
        DockerContainer(engine, base)
    assert not engine.is_running(engine.opened[0].id)
    engine.close()


def test_forbidden_calls_are_refused(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base) as container:
        container.put({"forbidden_calls.py": _FORBIDDEN.read_bytes()})
        said = container.run([container.python, "forbidden_calls.py"]).text.splitlines()
    assert len(said) == 42
    assert [line for line in said if line.split(": ")[1] not in ("EPERM", "EACCES")] == []


def test_compilers_git_and_parallel_tests_work(engine: Engine, tools: str) -> None:
    checks = {
        "gcc": "echo 'int main(){return 0;}' > a.c && gcc a.c -o a && ./a",
        "git": "git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm a && git log --oneline | cat",
        "pool": 'python -c "import multiprocessing as m; print(m.Pool(2).map(abs, [-1, 2]))"',
        "spawn": 'python -c "import concurrent.futures as f; print(list(f.ProcessPoolExecutor(2).map(abs, [-1])))"',
        "xdist": "echo 'def test_a(): pass' > test_a.py && python -m pytest -q -n 2 -p no:cacheprovider",
        "fifo": "mkfifo pipe && (echo x > pipe & cat pipe)",
        "threads": 'python -c "import threading; t = threading.Thread(target=print); t.start(); t.join()"',
        "loopback": f'python -c "{_LOOPBACK}"',
    }
    with DockerContainer(engine, tools) as container:
        said = {name: container.run(["sh", "-c", script]) for name, script in checks.items()}
    assert {name: done.text for name, done in said.items() if done.exit_code} == {}


def test_nothing_is_reached_from_inside(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base) as container:
        assert container.run([container.python, "-c", _REACH], timeout_s=60).text == "end\n"


def test_the_list_of_calls_has_none_that_must_not_be_there() -> None:
    allowed = {
        name
        for rule in json.loads(seccomp_profile())["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW" and "args" not in rule
        for name in rule["names"]
    }
    assert {"read", "execve", "openat2", "futex_waitv"} <= allowed
    assert not allowed & {"ptrace", "kcmp", "mknod", "personality", "socket", "clone", "clone3", "unshare", "bpf"}
    assert not any(name.startswith(("io_uring", "process_vm")) for name in allowed)


def test_limits_that_cannot_work_are_refused() -> None:
    with pytest.raises(ValueError, match="32 MiB"):
        ContainerLimits(memory_bytes=1)
    with pytest.raises(ValueError, match="8 processes"):
        ContainerLimits(cpus=0)
    limits = ContainerLimits(memory_bytes=256 << 20)
    assert limits.temporary_bytes + 2 * limits.shared_bytes <= limits.memory_bytes / 4
