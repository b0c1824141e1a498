"""A folder of this machine as a source: regular files alone, no link followed, nothing waited for, no git asked."""

import os
import stat
from pathlib import Path

from images.errors import BadSource, RefusedSource
from images.file_names import check_name
from images.links import Link, with_links
from images.source_tree import MAX_BYTES, MAX_FILES, SourceTree

# What tools leave in a working folder and no commit holds.
_LEFT_OUT = frozenset(
    [
        *(".git", ".hg", ".svn", ".tox", ".nox", ".eggs", "__pycache__", "node_modules"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"),
    ]
)


def read_folder(folder: Path) -> SourceTree:
    """Return the regular files below a folder as they are now, whatever version control says of them.

    Version control's own folders, caches and virtual environments are left out, as are other file systems mounted
    below. Links to files inside become copies; other links, fifos and devices are counted as skipped. Raises
    `RefusedSource` for what is larger than a source may be.
    """
    files: dict[str, bytes] = {}
    links: dict[str, Link] = {}
    executable, special, total = set(), 0, 0
    device = folder.stat().st_dev
    for parent, folders, names, descriptor in os.fwalk(folder):
        folders[:] = [name for name in sorted(folders) if not _is_left_out(name, descriptor, device)]
        prefix = os.path.relpath(parent, folder)
        for name in sorted(set(names) - _LEFT_OUT):
            path = check_name(name if prefix == "." else f"{prefix}/{name}")
            found = _read(name, descriptor)
            if isinstance(found, Link):
                links[path] = found
            elif found is None:
                special += 1
            else:
                files[path], runs = found
                total += len(files[path])
                executable |= {path} if runs else set()
            if len(files) + len(links) > MAX_FILES or total > MAX_BYTES:
                bounds = f"{MAX_FILES} files and {MAX_BYTES} bytes"
                raise RefusedSource("bytes", f"folder {str(folder)!r} holds more than {bounds}: name a commit of it")
    files, outside, dangling = with_links(files, links)
    skipped = special + len(outside) + dangling
    return SourceTree(files=files, executable=frozenset(executable), skipped=skipped)


def _is_left_out(name: str, descriptor: int, device: int) -> bool:
    if name in _LEFT_OUT:
        return True
    try:
        if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_dev != device:
            return True
        os.stat(f"{name}/pyvenv.cfg", dir_fd=descriptor, follow_symlinks=False)
    except OSError:
        return False
    return True


def _read(name: str, descriptor: int) -> tuple[bytes, bool] | Link | None:
    """Return a file's bytes and its x bit, a link, or None for what is neither.

    The type is looked at before and after opening, since a file may be swapped; no more is read than the size at
    opening says, so that growing files end and those of /proc, whose size is 0, are empty.
    """
    try:
        kind = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
        if stat.S_ISLNK(kind):
            return Link(target=os.readlink(name, dir_fd=descriptor))
        if not stat.S_ISREG(kind):
            return None
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor)
    except OSError as error:
        raise BadSource(f"file {name!r} of the folder cannot be read: {error.strerror}") from error
    with open(opened, "rb") as handle:  # noqa: PTH123 (a descriptor has no path)
        status = os.fstat(opened)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > MAX_BYTES:
            raise RefusedSource("bytes", f"file {name!r} has {status.st_size} bytes: at most {MAX_BYTES} are taken")
        return handle.read(status.st_size), bool(status.st_mode & 0o100)
