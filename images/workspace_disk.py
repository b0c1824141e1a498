"""WorkspaceDisk: what a container with a read-only root may write to, bounded in bytes and in files.

A sparse file with an ext4 of the bounded size holds the upper side of an overlay over the image's own layers, and folders
of that overlay are mounted into the container: no file of the image is copied, and neither bytes nor files can exceed the
disk. The file has no name any more once it is mounted, and both mounts are taken off this machine's tree as soon as the
container has started. What is left belongs to the container's own mounts and goes with them, whoever dies.

Chosen by measurement (2 shared cores): 40 ms to make and 36 ms to drop. The engine's own `size` option and quotas of
projects need a kernel and a file system with quotas; a volume that is seeded from the image copies it for each container;
a look at the engine's count of bytes each two seconds (disk_watch.py, for containers that are committed and for machines
where we are not root) is late by two seconds of writing.
"""

import ctypes
import functools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from images.container_limits import ContainerLimits
from images.container_owner import owner_is_gone, owner_mark
from images.errors import EngineError
from images.free_space import FreeSpace

_PLACE = Path("/var/tmp/worldline-disks")
# In folders' names, which containers can see: no colon, which the engine takes for its own, and no host's name.
_BETWEEN = "+"
_FEATURES = "^has_journal,^resize_inode"
_DETACH = 2
_NOSUID_NODEV = 2 | 4
_PAGE = 4096
_SMALLEST = 16 << 20


def can_make_disks(layers: Sequence[Path]) -> bool:
    """Say whether this process may mount, and sees the layers of the image as the engine does."""
    return bool(layers) and all(layer.is_dir() for layer in layers) and _can_mount(os.geteuid())


@functools.cache
def _can_mount(user: int) -> bool:
    """Make a small disk as this user: root inside a container has the tools too, but often no right to mount."""
    if user != 0 or not all(shutil.which(tool) for tool in ("mkfs.ext4", "mount")):
        return False
    with tempfile.TemporaryDirectory() as layer:
        try:
            smallest = ContainerLimits(disk_bytes=_SMALLEST, disk_files=1024)
            anyhow = FreeSpace(keep_free=0, least_free=0)
            WorkspaceDisk([Path(layer)], smallest, folders=["/testbed"], uid=0, free_space=anyhow).detach()
        except (EngineError, OSError, subprocess.SubprocessError):
            return False
    return True


class WorkspaceDisk:
    """A disk for one container; `binds` maps folders of this machine to the `folders` inside, owned by `uid`."""

    def __init__(
        self,
        layers: Sequence[Path],
        limits: ContainerLimits,
        *,
        folders: Sequence[str],
        uid: int,
        free_space: FreeSpace,
    ) -> None:
        _PLACE.mkdir(mode=0o700, exist_ok=True)
        if _PLACE.is_symlink() or _PLACE.stat().st_uid != os.geteuid():
            raise EngineError(f"{str(_PLACE)!r} is not ours: remove what another user has put there")
        free_space.check(_PLACE, limits.disk_bytes)
        self._home = Path(tempfile.mkdtemp(prefix=_named(owner_mark()), dir=_PLACE))
        self._disk, self._merged = self._home / "disk", self._home / "merged"
        try:
            self._make(layers, limits)
            self.binds = {self._folder(folder, uid): folder for folder in folders}
        except BaseException:
            self.detach()
            raise

    def _make(self, layers: Sequence[Path], limits: ContainerLimits) -> None:
        file = self._home / "file"
        with file.open("wb") as made:
            made.truncate(limits.disk_bytes)
        self._disk.mkdir()
        self._merged.mkdir()
        options = ["-E", "lazy_itable_init=1,nodiscard", "-m", "0", "-N", str(limits.most_files)]
        _run(["mkfs.ext4", "-q", "-O", _FEATURES, *options, str(file)])
        _run(["mount", "-o", "loop,nosuid,nodev,noatime,noinit_itable", str(file), str(self._disk)])
        file.unlink()
        upper, work = self._disk / "upper", self._disk / "work"
        upper.mkdir()
        work.mkdir()
        lower = ":".join(str(layer) for layer in layers)
        _mount_overlay(f"lowerdir={lower},upperdir={upper},workdir={work}", self._merged)

    def _folder(self, name: str, uid: int) -> str:
        folder = self._merged / name.lstrip("/")
        if folder.is_symlink():
            raise EngineError(
                f"{name!r} of the image is a link: a container cannot write to what may lie outside of it"
            )
        if not folder.is_dir():
            folder.mkdir(parents=True)
            os.chown(folder, uid, uid)
        return str(folder)

    @property
    def root(self) -> Path:
        """Return the folder of all files of the image, with what was written."""
        return self._merged

    def detach(self) -> None:
        """Take the disk off this machine's tree; a container that has started keeps it until it ends."""
        _take_off(self._home)


def _named(owner: str) -> str:
    return owner.partition(":")[2].replace(":", _BETWEEN) + _BETWEEN


def remove_stale_disks() -> None:
    """Take off disks whose process died between making one and starting its container."""
    if os.geteuid() == 0 and _PLACE.is_dir():
        for home in _PLACE.iterdir():
            if owner_is_gone(f"{socket.gethostname()}:{home.name.rsplit(_BETWEEN, 1)[0].replace(_BETWEEN, ':')}"):
                _take_off(home)


def _take_off(home: Path) -> None:
    libc = ctypes.CDLL(None)
    for mounted in ("merged", "disk"):
        libc.umount2(os.fsencode(home / mounted), _DETACH)
    # Only empty folders and the file are removed: should a mount still be there, nothing in it is touched.
    with suppress(OSError):
        (home / "file").unlink(missing_ok=True)
        for folder in (home / "merged", home / "disk", home):
            folder.rmdir()


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise EngineError(
            f"the disk of a container could not be made: {command[0]} said {done.stderr.strip()[-200:]!r}"
        )


def _mount_overlay(options: str, target: Path) -> None:
    """Mount by the system call: mount(8) hands long options on in pieces that some kernels refuse."""
    if len(options) >= _PAGE:
        raise EngineError("the image has too many layers for one overlay: rebuild it with fewer")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"overlay", os.fsencode(target), b"overlay", _NOSUID_NODEV, options.encode()):
        raise EngineError(f"the overlay of a container could not be mounted: {os.strerror(ctypes.get_errno())}")
