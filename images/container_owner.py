"""Labels: what a container is for and who holds it, and when that means that it is to be removed."""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OWNER_LABEL = "worldline.owner"
DEADLINE_LABEL = "worldline.deadline"
_IDLE_SECONDS = 60
_GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Which unit of which run a container works for, and at which attempt; each may be empty."""

    run: str = ""
    unit: str = ""
    attempt: str = ""


def owner_mark() -> str:
    """Return host, process id and start time of this process: enough to tell later whether it still lives."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_time(os.getpid())}"


def owner_is_gone(mark: str) -> bool:
    """Say whether the process that the mark names has ended; of a process of another host, never."""
    host, pid, started = mark.rsplit(":", 2) if mark.count(":") >= 2 else ("", "", "")
    return host == socket.gethostname() and pid.isdigit() and _start_time(int(pid)) != started


def _start_time(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()[19]
    except OSError:
        return "gone"


def labels_of(purpose: Purpose, *, lifetime_s: float) -> dict[str, str]:
    """Return the labels of a container that this process opens now."""
    return {
        OWNER_LABEL: owner_mark(),
        DEADLINE_LABEL: str(round(time.time() + lifetime_s + _GRACE_SECONDS)),
        "worldline.node": socket.gethostname(),
        "worldline.run": purpose.run,
        "worldline.unit": purpose.unit,
        "worldline.attempt": purpose.attempt,
    }


def reason_to_remove(labels: Mapping[str, str], *, idle_s: float) -> str | None:
    """Return why a container of this host is to be removed: `orphan`, `deadline` or `idle`; None when it is to stay.

    `idle_s` is for how long it has been there without running. Of other hosts' containers the engine may know too; they
    stay, whatever their labels say.
    """
    mark = labels.get(OWNER_LABEL, "")
    if mark.split(":")[0] != socket.gethostname():
        return None
    if owner_is_gone(mark):
        return "orphan"
    deadline = labels.get(DEADLINE_LABEL, "")
    if deadline.isdigit() and time.time() > int(deadline):
        return "deadline"
    return "idle" if idle_s > _IDLE_SECONDS else None
