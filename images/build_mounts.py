"""BuildMounts: the read-only folder through which a build installs, and the proxy of the package index; gone afterwards."""

import tempfile
from datetime import datetime
from pathlib import Path

from uv import find_uv_bin

from images.as_of import installing_as_of
from images.cache_folder import cache_folder
from images.host_pip import MOUNT, HostPip, read_host_pip
from images.package_proxy import PackageProxy

UV = f"{MOUNT}/uv"
HOME = "/home/worldline"


class BuildMounts:
    """Context that holds what a build needs of this machine in a temporary folder, and serves it the package index.

    `volumes` maps the folder to its place in the container, `environment` goes with each command: neither is stored in
    an image, because the place lies below /run and a command's environment is no part of a commit. Without a `gateway`,
    or where it is no address of this machine (an engine elsewhere), builds use the host's index settings directly.
    """

    def __init__(self, *, gateway: str | None = None, as_of: datetime | None = None, cache: Path | None = None) -> None:
        self._gateway = gateway
        self._as_of = as_of
        self._cache = cache or cache_folder() / "packages"
        self.proxy: PackageProxy | None = None

    def __enter__(self) -> "BuildMounts":
        self._folder = tempfile.TemporaryDirectory(prefix="worldline-build-")
        folder, pip = Path(self._folder.name), read_host_pip()
        folder.chmod(0o755)
        (folder / "uv").touch()  # where the program is mounted
        if self._gateway:
            try:
                self.proxy = PackageProxy(pip, self._gateway, self._cache)
            except OSError:
                self.proxy = None
        self.environment = self._through_proxy(folder) if self.proxy else pip.write(folder)
        self.environment |= _uv_environment(pip, self.proxy) | installing_as_of(self._as_of)
        self.volumes = {str(folder): MOUNT, str(Path(find_uv_bin()).resolve()): UV}
        return self

    def __exit__(self, *_: object) -> None:
        if self.proxy:
            self.proxy.close()
        self._folder.cleanup()

    def _through_proxy(self, folder: Path) -> dict[str, str]:
        assert self.proxy is not None
        first, *others = self.proxy.index_urls
        lines = ["[global]", "disable-pip-version-check = true", f"index-url = {first}"]
        lines += [f"extra-index-url = {' '.join(others)}"] if others else []
        lines += [f"trusted-host = {self._gateway}", ""]
        (folder / "pip.conf").write_text("\n".join(lines))
        return {"PIP_CONFIG_FILE": f"{MOUNT}/pip.conf"}


def _uv_environment(pip: HostPip, proxy: PackageProxy | None) -> dict[str, str]:
    indexes = proxy.index_urls if proxy else [url for url in pip.index_urls if not url.startswith("file:")]
    environment = {
        "UV_DEFAULT_INDEX": indexes[0],
        "UV_CACHE_DIR": f"{HOME}/.cache/uv",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": "1",
        "UV_HTTP_TIMEOUT": "180",
        "UV_CONCURRENT_BUILDS": "2",
    }
    if indexes[1:]:
        environment["UV_INDEX"] = " ".join(indexes[1:])
    return environment
