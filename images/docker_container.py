"""DockerContainer: a `Container` in the engine, without network, capabilities or a way to gain privileges."""

from collections.abc import Mapping, Sequence

from images.container import Completed
from images.engine import AGENT_UID, ContainerLimits, Engine
from images.supervisor import Supervisor
from images.supervisor_binary import ensure_supervisor

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


class DockerContainer:
    """One running instance of an image; use `with` or call `close`."""

    root = ROOT
    python = PYTHON

    def __init__(
        self,
        engine: Engine,
        image: str,
        *,
        network: bool = False,
        mounts: Mapping[str, str] | None = None,
        limits: ContainerLimits | None = None,
    ) -> None:
        self._engine = engine
        supervisor = ensure_supervisor(engine)
        running = engine.start(image, supervisor=supervisor, network=network, mounts=mounts, limits=limits)
        self.id, self._stream = running.id, running.stream
        self._supervisor = Supervisor(running.stream)

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
        """See `Container.run`."""
        complete = {**ENVIRONMENT, **(env or {})}
        return self._supervisor.run(command, user=AGENT_UID, cwd=cwd or ROOT, env=complete, timeout_s=timeout_s)

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
        self._stream.close()
        self._engine.remove(self.id)
