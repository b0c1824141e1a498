"""Hostile folders (T32, T35): what a user may have unpacked somewhere and now names."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from tests.images.hostile.archives import CONTAINED, GOOD
from tests.images.hostile.server import git


def _good(folder: Path) -> None:
    for name, data in GOOD.items():
        (folder / name).write_bytes(data)


def _special(folder: Path) -> None:
    _good(folder)
    os.mkfifo(folder / "fifo.py")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "socket.py"))
    (folder / "ring.py").symlink_to("ring.py")
    (folder / "passwd.py").symlink_to("/etc/passwd")
    (folder / "host").symlink_to("/")


def _configured(folder: Path) -> None:
    _good(folder)
    git("init", "-q", cwd=folder)
    git("config", "core.fsmonitor", f"touch {folder}/ran", cwd=folder)
    git("config", "core.worktree", "/etc", cwd=folder)


def _sparse(folder: Path) -> None:
    _good(folder)
    with (folder / "data.bin").open("wb") as handle:
        handle.truncate(50_000_000_000)


def _deep(folder: Path) -> None:
    _good(folder)
    (folder / "/".join(["d"] * 100)).mkdir(parents=True)
    (folder / "/".join(["d"] * 100) / "f.py").write_text("")


def _forged_worktree(folder: Path) -> None:
    _good(folder)
    victim = folder.parent / "victim"
    git("init", "-q", "-b", "main", str(victim))
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=victim)
    (folder / ".git").write_text(f"gitdir: {victim}/.git\n")


# Name of the folder's maker, what follows the folder in the spec, the rule that refuses it.
FOLDERS: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "fifo, socket, ring and links to the host": (_special, "", CONTAINED),
    "a repository with commands": (_configured, "", CONTAINED),
    "sparse file of 50 GB": (_sparse, "", "bytes"),
    "100 folders deep": (_deep, "", "path length"),
    "a .git file that points at another repository": (_forged_worktree, "@main", "link"),
}
