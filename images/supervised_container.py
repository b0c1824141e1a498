"""SupervisedContainer: what all containers share whose main process is our supervisor."""

from collections.abc import Mapping, Sequence
from typing import Self

from images.attached_stream import AttachedStream
from images.container import Completed
from images.container_limits import ContainerLimits
from images.container_look import deviations
from images.container_profile import ContainerProfile
from images.disk_watch import DiskWatch
from images.engine_containers import AGENT_UID
from images.errors import ContainerLost, EngineError
from images.supervisor import Supervisor

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
WRITABLE = (ROOT, "/home/worldline", "/opt/worldline", "/var/tmp")


class SupervisedContainer:
    """Runs commands and moves files through the supervisor; who derives from it starts and ends the container."""

    root = ROOT
    python = PYTHON

    def __init__(self, stream: AttachedStream, limits: ContainerLimits) -> None:
        self._stream = stream
        self._limits = limits
        self._supervisor = Supervisor(stream)
        self._watch: DiskWatch | None = None

    def _check(self, profile: ContainerProfile, *, image: str, network: bool = False) -> None:
        """Close the container and raise `EngineError` when it is otherwise than asked for."""
        disks = WRITABLE if profile.read_only else ()
        try:
            found = deviations(self._supervisor, profile, self._limits, network=network, disks=disks)
        except BaseException:
            self.close()
            raise
        if found:
            self.close()
            raise EngineError(f"a container of {image} was started otherwise than asked: {'; '.join(found)}")

    def __enter__(self) -> Self:
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
        raise NotImplementedError
