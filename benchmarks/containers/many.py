"""Many containers: what a start takes, how many open in a second, and that thousands of them leave nothing behind."""

import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.containers.left_behind import Left, left_now, settled
from benchmarks.table import Claim
from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine

LIMITS = ContainerLimits(memory_bytes=256 << 20, processes=256, disk_bytes=256 << 20)
_AT_ONCE = 4
_ROUND = 1000


def open_and_close(engine: Engine, base: str, times: int = 1) -> list[float]:
    """Open and close containers one after another; return the seconds of each until its first command's answer."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        with DockerContainer(engine, base, limits=LIMITS) as container:
            assert container.run(["sh", "-c", "echo x > x; setsid sleep 1000 & echo alive"]).text == "alive\n"
            taken.append(time.perf_counter() - began)
    return taken


def many(engine: Engine, base: str, count: int) -> list[Claim]:
    """Open and close `count` containers, four at once; say how fast, and what is left."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda _: open_and_close(engine, base), range(8)))
        before = left_now(engine)
        began = time.perf_counter()
        taken: list[float] = []
        for size in _rounds(count):
            taken += [part[0] for part in pool.map(lambda _: open_and_close(engine, base), range(size))]
            _say(len(taken), time.perf_counter() - began, left_now(engine), before)
        per_second = count / (time.perf_counter() - began)
        after = settled(engine, before)
    return [*_speed(open_and_close(engine, base, 20), taken, per_second), *_leaks(count, before, after)]


def _rounds(count: int) -> Iterator[int]:
    """Yield the sizes of rounds; what is there is looked at between them."""
    while count > 0:
        yield min(_ROUND, count)
        count -= _ROUND


def _say(count: int, seconds: float, now: Left, before: Left) -> None:
    grown = {name: round(value, 1) for name, value in now.beyond(before).items() if round(value, 1)}
    print(f"{count} containers, {seconds:.0f} s, more than before: {grown or 'nothing'}", file=sys.stderr, flush=True)


def _speed(alone: list[float], taken: list[float], per_second: float) -> list[Claim]:
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
    ]


def _leaks(count: int, before: Left, after: Left) -> list[Claim]:
    grown = after.beyond(before)
    things = {name: number for name, number in grown.items() if not name.endswith("_mib")}
    return [
        Claim(
            claim=f"left by {count:,} containers",
            value=", ".join(f"{number} {name}" for name, number in things.items()),
            bar="0 of each, 2 pooled descriptors",
            holds=not any(number > (2 if name == "descriptors" else 0) for name, number in things.items()),
        ),
        Claim(
            claim=f"memory left by {count:,} containers",
            value=f"{grown['own_mib']:+.0f} MiB here, {grown['engine_mib']:+.0f} MiB in the engine",
            bar="<= 20 MiB each",
            holds=grown["own_mib"] <= 20 and grown["engine_mib"] <= 20,
        ),
    ]
