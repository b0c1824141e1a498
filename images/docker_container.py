"""DockerContainer: a `Container` in the engine, without network, capabilities or a way to gain privileges."""

from collections.abc import Mapping, Sequence

from images.container import Completed
from images.engine import AGENT_UID, ContainerLimits, Engine
from images.source_tree import to_tar

ROOT = "/testbed"
PYTHON = "/opt/venv/bin/python"
_ENVIRONMENT = {
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
        self.id = engine.start(image, network=network, mounts=mounts, limits=limits)

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
        return self._engine.execute(
            self.id, command, cwd=cwd or ROOT, env={**_ENVIRONMENT, **(env or {})}, timeout_s=timeout_s
        )

    def put(self, files: Mapping[str, bytes]) -> None:
        """See `Container.put`."""
        named = {self._absolute(name).lstrip("/"): data for name, data in files.items()}
        self._engine.write_tar(self.id, to_tar(named, owner=AGENT_UID))

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """See `Container.get`; a file of more than 64 MiB is left out."""
        read = {path: self._engine.read_file(self.id, self._absolute(path)) for path in paths}
        return {path: data for path, data in read.items() if data is not None}

    def _absolute(self, name: str) -> str:
        return name if name.startswith("/") else f"{ROOT}/{name}"

    def close(self) -> None:
        """See `Container.close`."""
        self._engine.remove(self.id)
