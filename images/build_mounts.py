"""BuildMounts: the read-only folder through which a build reaches the package index, gone when the build ends."""

import tempfile
from pathlib import Path

from images.host_pip import MOUNT, read_host_pip


class BuildMounts:
    """Context that holds the host's pip configuration and certificate bundle in a temporary folder.

    `volumes` maps the folder to its place in the container, `environment` goes with each command: neither is stored in
    an image, because the place lies below /run and a command's environment is no part of a commit.
    """

    def __enter__(self) -> "BuildMounts":
        self._folder = tempfile.TemporaryDirectory(prefix="worldline-build-")
        folder = Path(self._folder.name)
        folder.chmod(0o755)
        self.environment = read_host_pip().write(folder)
        self.volumes = {str(folder): MOUNT}
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()
