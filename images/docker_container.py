"""DockerContainer: a `Container` in the engine, without network, capabilities or a way to gain privileges."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from images.container import Completed
from images.container_limits import ContainerLimits
from images.container_look import deviations
from images.container_owner import Purpose
from images.container_profile import BUILD, RUN, ContainerProfile
from images.disk_watch import DiskWatch
from images.engine import AGENT_UID, Engine
from images.engine_containers import Opening, Running
from images.errors import ContainerLost, EngineError
from images.supervisor import Supervisor
from images.supervisor_binary import ensure_supervisor
from images.workspace_disk import WorkspaceDisk, can_make_disks

ROOT = "/testbed"
PYTHON = "/opt/venv/bin/python"
ENVIRONMENT = {
    "PATH": "/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/home/worldline",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_WRITABLE = (ROOT, "/home/worldline", "/opt/worldline", "/var/tmp")


class DockerContainer:
    """One running instance of an image; use `with` or call `close`.

    `writable` makes the whole image writable, for a container that is committed afterwards; it is meant wherever the
    network is. Otherwise only the repository, the home, /opt/worldline and the temporary folders are, on a disk of the
    container's own. Where this process cannot make such disks, the whole root is writable and watched.
    """

    root = ROOT
    python = PYTHON

    def __init__(
        self,
        engine: Engine,
        image: str,
        *,
        network: bool = False,
        writable: bool = False,
        mounts: Mapping[str, str] | None = None,
        limits: ContainerLimits | None = None,
        purpose: Purpose | None = None,
    ) -> None:
        self._engine = engine
        self._limits = limits or ContainerLimits()
        asked = Opening(
            image=image,
            supervisor=ensure_supervisor(engine),
            profile=BUILD if network or writable else RUN,
            limits=self._limits,
            network=network,
            mounts=mounts or {},
            purpose=purpose or Purpose(),
        )
        running, profile = self._open(asked)
        self.id, self._stream = running.id, running.stream
        self._supervisor = Supervisor(running.stream)
        self._watch: DiskWatch | None = None
        self._check(asked, profile)
        if not profile.read_only:
            self._watch = DiskWatch(partial(engine.written_bytes, self.id), self._limits.disk_bytes, self._stop)

    def _open(self, asked: Opening) -> tuple[Running, ContainerProfile]:
        layers = self._engine.image_layers(asked.image) if asked.profile.read_only else []
        if not can_make_disks(layers):
            profile = replace(asked.profile, read_only=False)
            return self._engine.open(replace(asked, profile=profile)), profile
        disk = WorkspaceDisk(layers, asked.limits, _WRITABLE, uid=AGENT_UID)
        try:
            return self._engine.open(replace(asked, disks=disk.binds)), asked.profile
        finally:
            disk.detach()

    def _check(self, asked: Opening, profile: ContainerProfile) -> None:
        disks = _WRITABLE if profile.read_only else ()
        try:
            found = deviations(self._supervisor, profile, asked.limits, network=asked.network, disks=disks)
        except BaseException:
            self.close()
            raise
        if found:
            self.close()
            raise EngineError(
                f"the engine started a container of {asked.image} otherwise than asked: {'; '.join(found)}"
            )

    def __enter__(self) -> "DockerContainer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> Completed:
        """See `Container.run`; raise `ContainerLost` when the container has ended, is full or is not to be trusted."""
        complete = {**ENVIRONMENT, **(env or {})}
        try:
            return self._supervisor.run(command, user=AGENT_UID, cwd=cwd or ROOT, env=complete, timeout_s=timeout_s)
        except ContainerLost as error:
            if self._watch and self._watch.exceeded:
                sentence = f"the container was ended when it had written more than {self._limits.disk_bytes} bytes"
                raise ContainerLost("disk", sentence) from error
            raise

    def put(self, files: Mapping[str, bytes]) -> None:
        """See `Container.put`."""
        self._supervisor.put({self._absolute(name): data for name, data in files.items()})

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """See `Container.get`; nothing more is read once all files together reach 64 MiB."""
        found = self._supervisor.get([self._absolute(path) for path in paths])
        return {path: found[self._absolute(path)] for path in paths if self._absolute(path) in found}

    def _absolute(self, name: str) -> str:
        return name if name.startswith("/") else f"{ROOT}/{name}"

    def close(self) -> None:
        """See `Container.close`."""
        if self._watch:
            self._watch.close()
        self._stream.close()
        self._engine.remove(self.id)

    def _stop(self) -> None:
        self._stream.end()
        self._engine.remove(self.id)
