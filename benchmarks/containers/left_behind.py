"""Left: what containers may leave on a machine, counted before and after many of them."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from images.container_owner import OWNER_LABEL, owner_mark
from images.engine import Engine

_SETTLING_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What there is of each kind; of containers and disks only those of this process are counted."""

    containers: int
    shims: int
    mounts: int
    loops: int
    descriptors: int
    threads: int
    own_mib: float
    engine_mib: float

    def beyond(self, before: "Left") -> dict[str, float]:
        """Return by how much each has grown."""
        return {name: getattr(self, name) - getattr(before, name) for name in Left.__slots__}


def left_now(engine: Engine) -> Left:
    """Count what there is now."""
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


def settled(engine: Engine, before: Left) -> Left:
    """Return what is left when it is down to what was there, or after 30 seconds: the engine removes behind its answer."""
    deadline = time.monotonic() + _SETTLING_SECONDS
    while True:
        left = left_now(engine)
        counts = ("containers", "shims", "mounts", "loops")
        if all(getattr(left, name) <= getattr(before, name) for name in counts) or time.monotonic() > deadline:
            return left
        time.sleep(0.5)


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
