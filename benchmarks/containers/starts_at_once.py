"""Starts at once: how many containers open in a second when several processes open them side by side."""

import multiprocessing
import statistics
import time
from collections.abc import Sequence

from benchmarks.containers.many import open_and_close
from benchmarks.table import Claim
from images.engine import Engine


def starts_at_once(base: str, at_once: Sequence[int], count: int) -> list[Claim]:
    """Return one row for each number of processes: what they open in a second, and how long one start takes."""
    claims = []
    for processes in at_once:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            pool.starmap(_open, [(base, 1)] * processes, chunksize=1)
            began = time.perf_counter()
            parts = pool.starmap(_open, [(base, count // processes)] * processes, chunksize=1)
            seconds = time.perf_counter() - began
        taken = sorted(one for part in parts for one in part)
        late = taken[int(0.95 * len(taken))]
        said = f"{len(taken) / seconds:.1f} a second; a start {statistics.median(taken):.2f}, {late:.2f} s at 95 %"
        claims.append(Claim(claim=f"{processes} processes that open containers", value=said, bar="-", holds=True))
    return claims


def _open(base: str, count: int) -> list[float]:
    with Engine() as engine:
        return open_and_close(engine, base, count)
