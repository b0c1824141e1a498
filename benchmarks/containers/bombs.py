"""Bombs: how soon what uses everything up is cleared, and what it costs its neighbour and this machine."""

import resource
import threading
import time
from collections.abc import Mapping

from benchmarks.containers.many import LIMITS
from benchmarks.table import Claim
from images.docker_container import DockerContainer
from images.engine import Engine

_FORK = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
_BOMBS = {
    "python": ["python", "-c", _FORK],
    "bash": ["bash", "-c", "bomb() { bomb | bomb & }; bomb; sleep 100"],
    "setsid": ["bash", "-c", "while true; do setsid sleep 1000 & done 2>/dev/null"],
}
_STUBBORN = {
    "ignores signals": ["sh", "-c", "trap '' TERM HUP INT; while true; do sleep 1; done"],
    "double forks": ["sh", "-c", "(setsid sh -c 'sleep 1000 & sleep 1000' &); sleep 1000"],
    "1,000 children": ["sh", "-c", "for i in $(seq 1000); do sleep 1000 & done 2>/dev/null; sleep 1000"],
    "stopped children": ["sh", "-c", "sleep 1000 & kill -STOP $!; kill -STOP $$"],
    "endless output": ["yes"],
}


def bounds(engine: Engine, base: str) -> list[Claim]:
    """Return what bombs took, and how soon the next command was answered."""
    with DockerContainer(engine, base, limits=LIMITS) as container, DockerContainer(engine, base) as neighbour:
        written_here = _memory_of_output(container)
        slowest: list[float] = []
        cleared = _cleared(container, _BOMBS, neighbour, slowest)
        ended = _cleared(container, _STUBBORN, neighbour, [])
        full = container.run(["sh", "-c", "cat /dev/zero > full; du -sm full"]).text.split()
    written = int(full[-2])
    return [
        written_here,
        _within("fork bombs at 256 processes (3 kinds): cleared, next command answered", cleared, 2),
        _within("their neighbour's slowest command", slowest, 1),
        _within("what ignores its end (5 kinds): gone, next command answered", ended, 2),
        Claim(
            claim="endless file on a disk of 256 MiB", value=f"{written} MiB", bar="<= 282 MiB", holds=written <= 282
        ),
    ]


def _memory_of_output(container: DockerContainer) -> Claim:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    said = container.run(["sh", "-c", "head -c 1000000000 /dev/zero"])
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    holds = grown <= 50 and said.output_bytes == 10**9
    return Claim(claim="1 GB of output: memory here", value=f"+{grown:.0f} MiB", bar="<= 50 MiB", holds=holds)


def _cleared(
    container: DockerContainer, commands: Mapping[str, list[str]], neighbour: DockerContainer, slowest: list[float]
) -> list[float]:
    """Return the seconds from each command's deadline to the next command's answer; meanwhile the neighbour works."""
    late = []
    for words in [words for words in commands.values() for _ in range(2)]:
        done = threading.Event()
        working = threading.Thread(target=_work, args=(neighbour, done, slowest))
        working.start()
        began = time.perf_counter()
        container.run(words, timeout_s=1)
        container.run(["true"])
        late.append(time.perf_counter() - began - 1)
        done.set()
        working.join()
    return late


def _work(neighbour: DockerContainer, done: threading.Event, taken: list[float]) -> None:
    while not done.is_set():
        began = time.perf_counter()
        neighbour.run(["true"])
        taken.append(time.perf_counter() - began)


def _within(claim: str, seconds: list[float], bar: float) -> Claim:
    return Claim(claim=claim, value=f"{max(seconds):.2f} s at most", bar=f"<= {bar:g} s", holds=max(seconds) <= bar)
