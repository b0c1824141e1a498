"""BubblewrapContainer: a `Container` on the exported files of an image, by bubblewrap, where no container engine is."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from images.attached_stream import AttachedStream
from images.container_limits import ContainerLimits
from images.container_profile import OOM_SCORE, OPEN_FILES, RUN
from images.disk_watch import DiskWatch, bytes_below
from images.engine_containers import AGENT_UID, SUPERVISOR
from images.errors import EngineError
from images.exported_root import find_root
from images.free_space import FreeSpace
from images.heartbeat import keep_alive
from images.own_cgroup import OwnCgroup, can_make_cgroups
from images.seccomp_program import seccomp_program
from images.supervised_container import WRITABLE, SupervisedContainer
from images.supervisor_binary import ensure_supervisor
from images.workspace_disk import WorkspaceDisk, can_make_disks

_CAPABILITIES = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL")
_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup")
# Joins the groups that are named before `--`, makes itself the first to be ended for memory, becomes what follows.
_ENTER = f"""while [ "$1" != -- ]; do echo $$ > "$1" || exit 97; shift; done; shift
echo {OOM_SCORE} > /proc/self/oom_score_adj && exec "$@\""""
_END_SECONDS = 10


class BubblewrapContainer(SupervisedContainer):
    """One running instance of an exported image; use `with` or call `close`.

    As root it is bounded as in an engine: groups of the kernel, a disk of its own, a supervisor with another user than the
    commands. Without root one user is all there is, the supervisor is out of reach only as the first process of its
    namespace, and what the container may write is copied and watched. Where no groups of the kernel can be made, memory
    is bounded for each process alone and the number of processes not at all: `bounded=False` says that this is accepted,
    as where a cluster's own scheduler bounds the job.
    """

    def __init__(
        self,
        roots: Path,
        image: str,
        *,
        mounts: Mapping[str, str] | None = None,
        limits: ContainerLimits | None = None,
        bounded: bool = True,
        free_space: FreeSpace | None = None,
    ) -> None:
        bounds = limits or ContainerLimits()
        if shutil.which("bwrap") is None:
            raise EngineError("bubblewrap is not installed: on Debian, install the package bubblewrap")
        if bounded and not can_make_cgroups():
            raise EngineError("no groups of the kernel can be made here: only a container with bounded=False can start")
        root = find_root(image, roots)
        self._cgroup = OwnCgroup(bounds) if bounded else None
        self._copy: Path | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        space, disk = free_space or FreeSpace(), None
        if can_make_disks([root]):
            disk = WorkspaceDisk([root], bounds, folders=WRITABLE, uid=AGENT_UID, free_space=space)
        else:
            space.check(Path(tempfile.gettempdir()), bounds.watched_bytes)
        try:
            binds = disk.binds if disk else self._copied(root)
            words = self._words(disk.root if disk else root, binds, mounts or {}, bounds)
            self._process, connection = self._start(words)
            super().__init__(AttachedStream(connection, [], framed=False), bounds)
            keep_alive(self._stream)
            # The look's answer says that all mounts are made.
            profile = replace(RUN, by_engine=False, bounded=bounded, disk=disk is not None, one_user=os.geteuid() != 0)
            self._check(profile, image=image)
        except BaseException:
            self._clean()
            raise
        finally:
            if disk:
                disk.detach()
        if self._copy:
            self._watch = DiskWatch(partial(bytes_below, self._copy), bounds.disk_bytes, self._stop)

    def _copied(self, root: Path) -> dict[str, str]:
        """Copy what may be written: without root nothing can be laid over it."""
        self._copy = Path(tempfile.mkdtemp(prefix="worldline-container-"))
        binds = {}
        for number, folder in enumerate(WRITABLE):
            source, target = root / folder.lstrip("/"), self._copy / str(number)
            if source.is_dir():
                command = ["cp", "-a", "--reflink=auto", str(source), str(target)]
                done = subprocess.run(command, capture_output=True, text=True, timeout=600)
                if done.returncode:
                    raise EngineError(
                        f"{folder} of an exported image could not be copied: {done.stderr.strip()[-300:]}"
                    )
            else:
                target.mkdir()
            binds[str(target)] = folder
        return binds

    def _words(
        self, root: Path, binds: Mapping[str, str], mounts: Mapping[str, str], limits: ContainerLimits
    ) -> list[str]:
        words = ["prlimit", f"--nofile={OPEN_FILES}:{OPEN_FILES}", "--core=0:0"]
        words += [f"--fsize={limits.file_bytes}:{limits.file_bytes}"]
        words += [] if self._cgroup else [f"--data={limits.memory_bytes}:{limits.memory_bytes}"]
        words += ["bwrap", *_NAMESPACES, "--hostname", "sandbox", "--as-pid-1", "--new-session", "--clearenv"]
        words += _CAPABILITIES if os.geteuid() == 0 else ["--unshare-user", "--uid", str(AGENT_UID)]
        words += [] if os.geteuid() == 0 else ["--gid", str(AGENT_UID)]
        words += ["--bind", str(root), "/", "--proc", "/proc", "--dev", "/dev"]
        for place, size in (("/tmp", limits.temporary_bytes), ("/dev/shm", limits.shared_bytes)):
            words += ["--perms", "1777", "--size", str(size), "--tmpfs", place]
        words += ["--tmpfs", "/sys"]
        groups = self._cgroup.folders if self._cgroup else {}
        shown = {str(source): str(target) for source, target in groups.items()}
        for source, target in {**shown, str(ensure_supervisor(None)): SUPERVISOR, **mounts}.items():
            words += ["--ro-bind", source, target]
        for source, target in binds.items():
            words += ["--bind", source, target]
        words += ["--remount-ro", "/sys", "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
        return [
            *words,
            "--seccomp",
            "{seccomp}",
            SUPERVISOR,
            str(limits.lifetime_s),
            str(AGENT_UID),
            str(limits.silence_s),
        ]

    def _start(self, words: Sequence[str]) -> tuple["subprocess.Popen[bytes]", socket.socket]:
        ours, theirs = socket.socketpair()
        with theirs, _file_of(seccomp_program()) as program:
            inside = [str(program.fileno()) if word == "{seccomp}" else word for word in words]
            entrances = self._cgroup.entrances if self._cgroup else []
            process = subprocess.Popen(
                ["sh", "-c", _ENTER, "sh", *entrances, "--", *inside],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._said,
                pass_fds=[program.fileno()],
                start_new_session=True,
            )
        return process, ours

    def close(self) -> None:
        """See `Container.close`."""
        if self._watch:
            self._watch.close()
        self._stream.close()
        self._clean()

    def _stop(self) -> None:
        self._stream.end()

    def _clean(self) -> None:
        process = getattr(self, "_process", None)
        if process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
            process.kill()
            process.wait()
        if self._cgroup:
            self._cgroup.close()
        if self._copy:
            shutil.rmtree(self._copy, ignore_errors=True)
        self._said.close()


def _file_of(data: bytes) -> IO[bytes]:
    made = tempfile.TemporaryFile()  # noqa: SIM115
    made.write(data)
    made.seek(0)
    return made
