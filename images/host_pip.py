"""HostPip: the package index that this machine's pip is configured for, and how a build may use it.

What reaches a build are a pip.conf and the certificate bundle, mounted read-only below /run, which is no part of an
image. Nothing is passed by the container's own environment, because a commit would store that in the image.
"""

import configparser
import functools
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MOUNT = "/run/worldline"
_PASSED = ("index-url", "extra-index-url", "trusted-host", "timeout", "retries")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPip:
    """The settings of pip on this machine: option name to value, as `pip config list` gives them."""

    options: dict[str, str]

    @property
    def index_urls(self) -> list[str]:
        """Return the index addresses in pip's order of preference."""
        from pip._internal.models.index import PyPI  # pip has no public name for its default index

        return [self.options.get("index-url", PyPI.simple_url), *self.options.get("extra-index-url", "").split()]

    @property
    def certificates(self) -> Path | None:
        """Return the bundle that pip trusts, else the system's, else None."""
        named = [self.options.get("cert"), os.environ.get("SSL_CERT_FILE"), *_BUNDLES]
        return next((Path(name) for name in named if name and Path(name).is_file()), None)

    def pip_conf(self) -> str:
        """Return a pip.conf for use inside a build: index and network options; folders of the host are left out."""
        kept = {name: self.options[name] for name in _PASSED if name in self.options}
        if "extra-index-url" in kept:
            kept["extra-index-url"] = " ".join(u for u in kept["extra-index-url"].split() if not u.startswith("file:"))
        lines = [f"{name} = {value}" for name, value in kept.items() if value]
        bundle = [f"cert = {MOUNT}/ca.pem"] if self.certificates else []
        return "\n".join(["[global]", "disable-pip-version-check = true", *bundle, *lines, ""])

    def write(self, folder: Path) -> dict[str, str]:
        """Write what a build mounts into `folder`, readable by the owner's containers, and return its environment."""
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        (folder / "pip.conf").write_text(self.pip_conf())
        environment = {"PIP_CONFIG_FILE": f"{MOUNT}/pip.conf"}
        if self.certificates:
            (folder / "ca.pem").write_bytes(self.certificates.read_bytes())
            bundle = f"{MOUNT}/ca.pem"
            environment |= {"SSL_CERT_FILE": bundle, "REQUESTS_CA_BUNDLE": bundle, "GIT_SSL_CAINFO": bundle}
        for name in _PROXIES:
            value = os.environ.get(name) or os.environ.get(name.upper())
            if value:
                environment |= {name: value, name.upper(): value}
        return environment


def read_host_pip() -> HostPip:
    """Return what `pip config list` says on this machine: files first, then the environment, as pip itself ranks them.

    pip takes a quarter of a second of one core, and a build asks twice: it is asked again when one of its files or
    variables has changed.
    """
    variables = [(name, value) for name, value in os.environ.items() if name.startswith(("PIP_", "XDG_CONFIG"))]
    return _listed(tuple(sorted(variables)), tuple(_changed(file) for file in _config_files()))


def _config_files() -> list[Path]:
    """Return where pip looks for its configuration (pip's documentation, "Configuration", "Location")."""
    home, named = Path.home(), os.environ.get("PIP_CONFIG_FILE")
    folders = [Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config"), Path("/etc/xdg")]
    folders += [Path(folder) for folder in os.environ.get("XDG_CONFIG_DIRS", "").split(":") if folder]
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", Path(sys.prefix) / "pip.conf"]
    return [*files, *(folder / "pip" / "pip.conf" for folder in folders), *([Path(named)] if named else [])]


def _changed(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=8)
def _listed(variables: tuple[tuple[str, str], ...], files: tuple[tuple[str, int, int], ...]) -> HostPip:
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    parser = configparser.RawConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("[pip]\n" + "\n".join(line for line in listing.splitlines() if "=" in line))
    options: dict[str, str] = {}
    for prefix in ("global.", "install.", ":env:."):
        for key, value in parser["pip"].items():
            if key.startswith(prefix):
                options[key.removeprefix(prefix)] = value.strip().strip("'\"").replace("\\n", " ")
    return HostPip(options=options)


def without_credentials(text: str) -> str:
    """Return the text with `user:password@` cut out of every address in it."""
    return re.sub(r"(?<=://)[^/\s@]+@", "", text)
