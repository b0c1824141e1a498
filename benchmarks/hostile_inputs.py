"""Hostile inputs: addresses, archives, repositories, servers, folders and projects that attack the machine which takes them.

    python -m benchmarks.hostile_inputs [--json] [--quick]

Every source is a row of one list, fetched as a user's would be, with honest rows between; then hostile projects are
built in containers beside honest ones (`--quick` leaves the builds out). What they are lies in tests/images/hostile.
"""

import argparse
import os
import resource
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import Claim, print_claims
from images.base_image import ensure_base
from images.disk_watch import bytes_below
from images.engine import Engine
from tests.images.hostile.build_trial import BuildTrial, containers_of_ours, engine_bytes, try_builds
from tests.images.hostile.canary import Canary
from tests.images.hostile.projects import PROJECTS
from tests.images.hostile.trial import HONEST, Trial, hostile_list, try_list

_GROUPS = ("addresses", "archives", "repositories", "servers", "folders")
_MOST_SECONDS, _MOST_DISK, _MOST_MEMORY, _MOST_BUILD_SECONDS = 30.0, 1_000_000_000, 500_000_000, 600.0


def main() -> int:
    """Try all and print the claims; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="worldline-hostile-") as place:
        folder = Path(place)
        with Canary(folder / "home") as canary:
            claims, texts = _try_sources(folder)
            if not arguments.quick:
                more, said = _try_builds()
                claims, texts = [*claims, *more], [*texts, *said]
            claims += _host_claims(canary, texts, folder)
    return print_claims(claims, as_json=arguments.json)


def _try_sources(folder: Path) -> tuple[list[Claim], list[str]]:
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    try:
        with hostile_list(folder / "sources") as (rows, server):
            # What was made took memory too: its mark is wiped (proc(5), clear_refs).
            Path("/proc/self/clear_refs").write_text("5")
            before = _own_memory()
            tempfile.tempdir = str(folder / "tmp")
            (folder / "tmp").mkdir()
            with _DiskPeak(folder / "tmp", folder / "cache") as disk:
                trials = try_list(rows, server, folder / "list.jsonl")
            grown = _own_memory() - before
    finally:
        tempfile.tempdir = None
        del os.environ["XDG_CACHE_HOME"]
    return [*_source_claims(trials), *_bound_claims(trials, disk.peak, grown)], [t.said for t in trials]


def _own_memory() -> int:
    """Return the most resident bytes of this process since the mark was wiped."""
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _source_claims(trials: Sequence[Trial]) -> list[Claim]:
    claims = []
    for group in (*_GROUPS, HONEST):
        mine = [t for t in trials if t.row.group == group]
        wrong = [t.row.name for t in mine if not t.holds]
        what = (
            "honest rows between them: fetched"
            if group == HONEST
            else f"hostile {group}: refused by name, or contained"
        )
        value = f"{len(mine) - len(wrong)} of {len(mine)}{': not ' + ', '.join(wrong) if wrong else ''}"
        claims.append(Claim(claim=what, value=value, bar="all", holds=not wrong))
    return claims


def _bound_claims(trials: Sequence[Trial], disk: int, grown: int) -> list[Claim]:
    slowest = max(trials, key=lambda t: t.seconds)
    memory = max(grown, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
    return [
        Claim(
            claim="slowest source",
            value=f"{slowest.seconds:.1f} s ({slowest.row.name})",
            bar=f"{_MOST_SECONDS:g} s",
            holds=slowest.seconds <= _MOST_SECONDS,
        ),
        Claim(
            claim="disk that fetching took at its peak",
            value=f"{disk / 1e6:.0f} MB",
            bar=f"{_MOST_DISK / 1e6:.0f} MB",
            holds=disk <= _MOST_DISK,
        ),
        Claim(
            claim="memory of the largest git process, and growth of this one",
            value=f"{memory / 1e6:.0f} MB ({grown / 1e6:.0f} MB)",
            bar=f"{_MOST_MEMORY / 1e6:.0f} MB",
            holds=memory <= _MOST_MEMORY,
        ),
    ]


class _DiskPeak:
    """Context that looks every 50 ms how much the folders take together."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._done = threading.Event()
        self.peak = 0

    def __enter__(self) -> "_DiskPeak":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.peak = max(self.peak, sum(map(bytes_below, self._folders)))


def _try_builds() -> tuple[list[Claim], list[str]]:
    with Engine() as engine:
        ensure_base(engine, "3.11")
        before = engine_bytes()
        trials = try_builds(engine, list(PROJECTS))
        added, left = engine_bytes() - before, containers_of_ours()
    return _build_claims(trials, added, left), [repr(t.record) + t.escaped for t in trials]


def _build_claims(trials: Sequence[BuildTrial], added: int, left: Sequence[str]) -> list[Claim]:
    claims = []
    for honest in (False, True):
        mine = [t for t in trials if t.honest is honest]
        wrong = [f"{t.name} ({t.record.status if t.record else t.escaped})" for t in mine if not t.holds]
        what = "honest projects between them: executable" if honest else "hostile projects: a record, as expected"
        value = f"{len(mine) - len(wrong)} of {len(mine)}{': not ' + ', '.join(wrong) if wrong else ''}"
        claims.append(Claim(claim=what, value=value, bar="all", holds=not wrong))
    slowest = max((t.record.seconds, t.name) for t in trials if t.record)
    return [
        *claims,
        Claim(
            claim="slowest build",
            value=f"{slowest[0]:.0f} s ({slowest[1]})",
            bar=f"{_MOST_BUILD_SECONDS:g} s",
            holds=slowest[0] <= _MOST_BUILD_SECONDS,
        ),
        Claim(claim="containers left", value=str(len(left)), bar="0", holds=not left),
        Claim(
            claim="disk that the engine keeps afterwards, of others' builds too",
            value=f"{added / 1e6:.0f} MB",
            bar=f"{_MOST_DISK / 1e6:.0f} MB",
            holds=added <= _MOST_DISK,
        ),
    ]


def _host_claims(canary: Canary, texts: Sequence[str], folder: Path) -> list[Claim]:
    changed, seen = canary.changed(), canary.marks(*texts)
    ran = [path for path in folder.rglob("*") if path.name in ("ran", "out")]
    return [
        Claim(claim="host files changed, made or removed", value=str(len(changed)), bar="0", holds=not changed),
        Claim(claim="commands of a source that ran on the host", value=str(len(ran)), bar="0", holds=not ran),
        Claim(claim=f"secrets of the host in {len(texts)} records", value=str(seen), bar="0", holds=not seen),
    ]


if __name__ == "__main__":
    sys.exit(main())
