"""DockerContainer: a `Container` in the engine, without network, capabilities or a way to gain privileges."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from images.container_limits import ContainerLimits
from images.container_owner import Purpose
from images.container_profile import BUILD, RUN, ContainerProfile
from images.disk_watch import DiskWatch
from images.engine import AGENT_UID, Engine
from images.engine_containers import Opening, Running
from images.supervised_container import ENVIRONMENT, PYTHON, ROOT, WRITABLE, SupervisedContainer
from images.supervisor_binary import ensure_supervisor
from images.workspace_disk import WorkspaceDisk, can_make_disks

__all__ = ["ENVIRONMENT", "PYTHON", "ROOT", "DockerContainer"]


class DockerContainer(SupervisedContainer):
    """One running instance of an image; use `with` or call `close`.

    `writable` makes the whole image writable, for a container that is committed afterwards; it is meant wherever the
    network is. Otherwise only the repository, the home, /opt/worldline and the temporary folders are, on a disk of the
    container's own. Where this process cannot make such disks, the whole root is writable and watched.
    """

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
        asked = Opening(
            image=image,
            supervisor=ensure_supervisor(engine),
            profile=BUILD if network or writable else RUN,
            limits=limits or ContainerLimits(),
            network=network,
            mounts=mounts or {},
            purpose=purpose or Purpose(),
        )
        running, profile = self._open(asked)
        self.id = running.id
        super().__init__(running.stream, asked.limits)
        self._check(profile, image=image, network=network)
        if not profile.read_only:
            self._watch = DiskWatch(partial(engine.written_bytes, self.id), asked.limits.disk_bytes, self._stop)

    def _open(self, asked: Opening) -> tuple[Running, ContainerProfile]:
        layers = self._engine.image_layers(asked.image) if asked.profile.read_only else []
        free_space = self._engine.free_space
        if not can_make_disks(layers):
            self._engine.check_space(asked.limits)
            profile = replace(asked.profile, read_only=False)
            return self._engine.open(replace(asked, profile=profile)), profile
        disk = WorkspaceDisk(layers, asked.limits, folders=WRITABLE, uid=AGENT_UID, free_space=free_space)
        try:
            return self._engine.open(replace(asked, disks=disk.binds)), asked.profile
        finally:
            disk.detach()

    def close(self) -> None:
        """See `Container.close`."""
        if self._watch:
            self._watch.close()
        self._stream.close()
        self._engine.remove(self.id)

    def _stop(self) -> None:
        self._stream.end()
        self._engine.remove(self.id)
