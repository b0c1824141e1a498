"""OwnCgroup: the kernel's bounds of memory, processes and cores for a container that no engine starts."""

import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

from images.container_limits import ContainerLimits
from images.container_owner import owner_is_gone, owner_mark
from images.errors import EngineError

_HIERARCHY = Path("/sys/fs/cgroup")
_PERIOD = 100_000
_PREFIX = "worldline+"


class OwnCgroup:
    """A group for one container; `folders` maps where its files lie to where they are to be seen inside."""

    def __init__(self, limits: ContainerLimits) -> None:
        memory, processes = str(limits.memory_bytes), str(limits.processes)
        quota = str(round(_PERIOD * limits.cpus))
        _, pid, started = owner_mark().rsplit(":", 2)
        name = f"{_PREFIX}{pid}+{started}+{secrets.token_hex(4)}"
        second = (_HIERARCHY / "cgroup.controllers").exists()
        wanted = {
            "memory": {"memory.limit_in_bytes": memory, "memory.memsw.limit_in_bytes": memory},
            "pids": {"pids.max": processes},
            "cpu": {"cpu.cfs_period_us": str(_PERIOD), "cpu.cfs_quota_us": quota},
        }
        if second:
            bounds = {"memory.max": memory, "memory.swap.max": "0", "pids.max": processes}
            wanted = {"": {**bounds, "cpu.max": f"{quota} {_PERIOD}"}}
        self.folders = {_HIERARCHY / kind / name: _HIERARCHY / kind for kind in wanted}
        try:
            self._make(wanted)
        except OSError as error:
            self.close()
            raise EngineError(f"memory, processes and cores cannot be bounded here: {error}") from error

    def _make(self, wanted: dict[str, dict[str, str]]) -> None:
        if "" in wanted:
            (_HIERARCHY / "cgroup.subtree_control").write_text("+memory +pids +cpu")
        for folder, bounds in zip(self.folders, wanted.values(), strict=True):
            _remove_stale(folder.parent)
            folder.mkdir()
            for file, value in bounds.items():
                # A kernel that does not count swap has no file for it.
                if (folder / file).exists() or "sw" not in file:
                    (folder / file).write_text(value)

    @property
    def entrances(self) -> list[str]:
        """Return the files that a process writes its number to."""
        return [str(folder / "cgroup.procs") for folder in self.folders]

    def close(self) -> None:
        """Remove the group, whose processes have ended."""
        for folder in self.folders:
            with suppress(OSError):
                folder.rmdir()


def _remove_stale(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        pid, started = folder.name.split("+")[1:3]
        if owner_is_gone(f"{socket.gethostname()}:{pid}:{started}"):
            with suppress(OSError):
                folder.rmdir()


def can_make_cgroups() -> bool:
    """Say whether this process may make groups at the root of the hierarchy."""
    return os.access(_HIERARCHY, os.W_OK)
