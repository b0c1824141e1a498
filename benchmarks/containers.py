"""Containers: what a command and a container cost, and that a thousand of them leave nothing behind.

    python -m benchmarks.containers [--count 1000] [--commands 1000] [--python 3.11] [--json] [--quick]

`--quick` opens 40 containers and runs 200 commands. A container counts from asking for it to its first command's answer.
Other work on the machine is part of the figures: its load is printed with them.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table import Claim, print_claims
from images.base_image import ensure_base
from images.container_limits import ContainerLimits
from images.container_owner import OWNER_LABEL, owner_mark
from images.docker_container import DockerContainer
from images.engine import Engine
from images.shell import Shell

_LIMITS = ContainerLimits(memory_bytes=256 << 20, processes=256, disk_bytes=256 << 20)
_FORK = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
_HOLDER = (
    "import sys\nfrom images.docker_container import DockerContainer\nfrom images.engine import Engine\n"
    "c = DockerContainer(Engine(), sys.argv[1])\nprint(c.id, flush=True)\nc.run(['sleep', '100'], timeout_s=200)\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What containers may leave on a machine; of containers and disks only those of this process are counted."""

    containers: int
    shims: int
    mounts: int
    loops: int
    descriptors: int
    threads: int
    own_mib: float
    engine_mib: float


def main() -> int:
    """Measure and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--python", default="3.11")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    count, commands = (40, 200) if arguments.quick else (arguments.count, arguments.commands)
    engine = Engine()
    base = ensure_base(engine, arguments.python)
    load = os.getloadavg()[0]
    claims = [
        *_commands(engine, base, commands),
        *_bounds(engine, base),
        *_deaths(engine, base, 5 if count < 100 else 20),
    ]
    claims += _many(engine, base, count)
    if not arguments.json:
        print(f"load of the machine: {load:.1f} before, {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores")
    return print_claims(claims, as_json=arguments.json)


def _milliseconds(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Return median and 95th percentile of the work's milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken), sorted(taken)[int(0.95 * times)]


def _commands(engine: Engine, base: str, times: int) -> list[Claim]:
    with DockerContainer(engine, base, limits=_LIMITS) as container:
        shell = Shell(container)
        middle, late = _milliseconds(lambda: container.run(["true"]), times)
        files = _milliseconds(lambda: _in_and_out(container), times // 4)
        agent = _milliseconds(lambda: shell.run("true"), times // 4)
        here = _milliseconds(lambda: subprocess.run(["true"], capture_output=True), times // 4)
    return [
        Claim(claim="a command, median", value=f"{middle:.1f} ms", bar="<= 8 ms", holds=middle <= 8),
        Claim(claim="a command, 95 %", value=f"{late:.1f} ms", bar="<= 15 ms", holds=late <= 15),
        Claim(claim="a process of this machine beside it, median; 95 %", value=_two(here), bar="-", holds=True),
        Claim(claim="a file in and out, median; 95 %", value=_two(files), bar="-", holds=True),
        Claim(claim="a shell's command, median; 95 %", value=_two(agent), bar="-", holds=True),
    ]


def _in_and_out(container: DockerContainer) -> None:
    container.put({"a": b"x" * 1000})
    assert len(container.get(["a"])["a"]) == 1000


def _two(times: tuple[float, float]) -> str:
    return f"{times[0]:.1f}; {times[1]:.1f} ms"


def _bounds(engine: Engine, base: str) -> list[Claim]:
    with DockerContainer(engine, base, limits=_LIMITS) as container:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        said = container.run(["sh", "-c", "head -c 1000000000 /dev/zero"])
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        late = []
        for _ in range(5):
            began = time.perf_counter()
            container.run([container.python, "-c", _FORK], timeout_s=1)
            container.run(["true"])
            late.append(time.perf_counter() - began - 1)
        full = container.run(["sh", "-c", "cat /dev/zero > full; du -sm full"]).text.split()
    written = int(full[-2])
    exact = said.output_bytes == 10**9
    return [
        Claim(
            claim="1 GB of output: memory here", value=f"+{grown:.0f} MiB", bar="<= 50 MiB", holds=grown <= 50 and exact
        ),
        Claim(
            claim="fork bomb at 256 processes: cleared, next command answered",
            value=f"{max(late):.2f} s after the deadline",
            bar="<= 2 s",
            holds=max(late) <= 2,
        ),
        Claim(
            claim="endless file on a disk of 256 MiB", value=f"{written} MiB", bar="<= 282 MiB", holds=written <= 282
        ),
    ]


def _deaths(engine: Engine, base: str, times: int) -> list[Claim]:
    gone = []
    for _ in range(times):
        holder = subprocess.Popen([sys.executable, "-c", _HOLDER, base], stdout=subprocess.PIPE, text=True)
        assert holder.stdout is not None
        name = holder.stdout.readline().strip()
        began = time.perf_counter()
        holder.kill()
        holder.communicate()
        while engine.is_running(name) and time.perf_counter() - began < 60:
            time.sleep(0.02)
        gone.append(time.perf_counter() - began)
    soon = sum(seconds <= 5 for seconds in gone)
    value = f"{soon} of {times}, at most {max(gone):.2f} s"
    return [
        Claim(claim="client killed: container gone in 5 s", value=value, bar=f"{times} of {times}", holds=soon == times)
    ]


def _many(engine: Engine, base: str, count: int) -> list[Claim]:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _open_and_close(engine, base, 1), range(8)))
        before = _left(engine)
        began = time.perf_counter()
        taken = [
            seconds for part in pool.map(lambda _: _open_and_close(engine, base, 1), range(count)) for seconds in part
        ]
        per_second = count / (time.perf_counter() - began)
        after = _settled(engine, before)
    alone = _open_and_close(engine, base, 20)
    grown = {name: getattr(after, name) - getattr(before, name) for name in Left.__slots__}
    things = {name: number for name, number in grown.items() if not name.endswith("_mib")}
    value = ", ".join(f"{number} {name}" for name, number in things.items())
    memory = f"{grown['own_mib']:+.0f} MiB here, {grown['engine_mib']:+.0f} MiB in the engine"
    late = sorted(alone)[int(0.95 * len(alone))]
    return [
        Claim(
            claim="first answer of a container, median; 95 %",
            value=f"{statistics.median(alone):.2f}; {late:.2f} s",
            bar="<= 1.2 s",
            holds=late <= 1.2,
        ),
        Claim(claim="the same, four at once, median", value=f"{statistics.median(taken):.2f} s", bar="-", holds=True),
        Claim(
            claim="containers opened and closed", value=f"{per_second:.1f} a second", bar=">= 2", holds=per_second >= 2
        ),
        Claim(
            claim=f"left by {count} containers",
            value=value,
            bar="0 of each, 2 pooled descriptors",
            holds=not any(number > (2 if name == "descriptors" else 0) for name, number in things.items()),
        ),
        Claim(
            claim=f"memory left by {count} containers",
            value=memory,
            bar="<= 20 MiB each",
            holds=grown["own_mib"] <= 20 and grown["engine_mib"] <= 20,
        ),
    ]


def _open_and_close(engine: Engine, base: str, times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        with DockerContainer(engine, base, limits=_LIMITS) as container:
            assert container.run(["sh", "-c", "echo x > x; setsid sleep 1000 & echo alive"]).text == "alive\n"
            taken.append(time.perf_counter() - began)
    return taken


def _settled(engine: Engine, before: Left) -> Left:
    """Return what is left when it is down to what was there, or after 30 seconds: the engine removes behind its answer."""
    deadline = time.monotonic() + 30
    while True:
        left = _left(engine)
        counts = ("containers", "shims", "mounts", "loops")
        if all(getattr(left, name) <= getattr(before, name) for name in counts) or time.monotonic() > deadline:
            return left
        time.sleep(0.5)


def _left(engine: Engine) -> Left:
    mine = engine._client.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner_mark()}"})
    names = {one["Id"] for one in engine._client.api.containers(all=True)}
    disks = f"worldline-disks/{os.getpid()}+"
    loops = subprocess.run(["losetup", "-l", "-n", "-O", "BACK-FILE"], capture_output=True, text=True).stdout
    return Left(
        containers=len(mine),
        shims=_orphaned_shims(names),
        mounts=Path("/proc/self/mounts").read_text().count(disks),
        loops=loops.count(disks),
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        threads=threading.active_count(),
        own_mib=_memory("/proc/self/status"),
        engine_mib=_engine_memory(),
    )


def _commands_running() -> list[tuple[str, list[str]]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append((str(folder), (folder / "cmdline").read_text(errors="replace").split("\0")))
        except OSError:
            continue
    return found


def _orphaned_shims(containers: set[str]) -> int:
    """Count the engine's helper processes whose container the engine does not know any more."""
    shims = [words for _, words in _commands_running() if "containerd-shim" in words[0] and "-id" in words]
    return sum(words[words.index("-id") + 1] not in containers for words in shims)


def _engine_memory() -> float:
    names = ("dockerd", "containerd")
    return sum(_memory(f"{place}/status") for place, words in _commands_running() if Path(words[0]).name in names)


def _memory(status: str) -> float:
    try:
        text = Path(status).read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmRSS")), 0.0)


if __name__ == "__main__":
    sys.exit(main())
