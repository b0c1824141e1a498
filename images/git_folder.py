"""The refs and objects of a local git repository, read as files: git itself never opens a stranger's repository."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from images.errors import BadSource, RefusedSource

_COMMIT = re.compile(r"[0-9a-f]{40}")
_LARGEST_LIST = 64 << 20
_LARGEST_REF = 4_096
_MOST_STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GitFolder:
    """A repository's own folder, and the one that it shares refs and objects with (they differ in a worktree)."""

    own: Path
    shared: Path

    @property
    def objects(self) -> Path:
        """Return the folder of objects; raise `RefusedSource` when it borrows objects from somewhere else."""
        place = self.shared / "objects"
        if (place / "info" / "alternates").exists():
            raise RefusedSource("alternates", "it borrows objects of another repository: clone it whole first")
        if place.is_symlink() or not place.is_dir():
            raise BadSource("it has no folder of objects")
        inside = [place, *(child for child in place.iterdir() if child.is_dir())]
        if any(entry.is_symlink() for folder in inside for entry in folder.iterdir()):
            raise RefusedSource("link", "symbolic links lie among its objects")
        return place

    def commit_named(self, revision: str) -> str:
        """Return the 40 digits that HEAD, a tag, a branch, a branch of a remote or the digits themselves name.

        The order is git's own: a tag wins over a branch of its name. Raises `BadSource` when there is none.
        """
        if _COMMIT.fullmatch(revision):
            return revision
        packed = self._packed()
        names = [revision] if revision == "HEAD" or revision.startswith("refs/") else []
        names += [f"refs/{kind}/{revision}" for kind in ("tags", "heads", "remotes")]
        for name in names:
            found = self._follow(name, packed)
            if found:
                return found
        raise BadSource("it has no such tag, branch or commit (a commit is named by all of its 40 digits)")

    def shallow(self) -> list[str]:
        """Return the commits whose parents were not fetched."""
        text = _read(self.shared / "shallow", _LARGEST_LIST) or ""
        return [line for line in text.split() if _COMMIT.fullmatch(line)]

    def _follow(self, name: str, packed: dict[str, str]) -> str | None:
        for _ in range(_MOST_STEPS):
            text = _read(self.own / name, _LARGEST_REF) or _read(self.shared / name, _LARGEST_REF)
            value = (text or "").strip() or packed.get(name, "")
            if _COMMIT.fullmatch(value):
                return value
            if not value.startswith("ref: refs/") or ".." in value:
                return None
            name = value.removeprefix("ref: ")
        return None

    def _packed(self) -> dict[str, str]:
        text = _read(self.shared / "packed-refs", _LARGEST_LIST) or ""
        pairs = (line.split(" ", 1) for line in text.splitlines() if line[:1] not in ("#", "^") and " " in line)
        return {name: value for value, name in pairs}


def open_git_folder(folder: Path) -> GitFolder:
    """Return the repository of a working folder, a worktree or a bare repository; raise `BadSource` when it is none.

    A `.git` file is followed only to a place that names this folder back, so that no stranger can point it elsewhere.
    """
    dot = folder / ".git"
    if dot.is_symlink():
        raise RefusedSource("link", "its .git is a symbolic link")
    if dot.is_dir():
        return GitFolder(own=dot, shared=dot)
    if dot.is_file():
        own = Path((_read(dot, _LARGEST_REF) or "").removeprefix("gitdir:").strip())
        back = (_read(own / "gitdir", _LARGEST_REF) or "").strip()
        shared = own / (_read(own / "commondir", _LARGEST_REF) or "").strip()
        if not own.is_absolute() or Path(back) != dot or not shared.is_dir():
            raise RefusedSource("link", "its .git file leads to a place that does not lead back")
        return GitFolder(own=own, shared=shared.resolve())
    if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
        return GitFolder(own=folder, shared=folder)
    raise BadSource("it is no git repository")


def _read(path: Path, most: int) -> str | None:
    """Return a regular file's text, or None; links are not followed and nothing is waited for."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    with open(opened, "rb") as handle:  # noqa: PTH123 (a descriptor has no path)
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        return handle.read(most).decode("utf-8", "replace")
