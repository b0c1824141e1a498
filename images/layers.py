"""Layers: what repositories share: Debian packages, and locked Python packages, each an image by the digest of its content."""

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from images.base_image import run_trusted
from images.build_log import BuildLog
from images.build_mounts import UV, BuildMounts
from images.cache_folder import one_at_a_time
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import BuildFailed
from images.system_packages import toolchain

KIND_LABEL = "worldline.kind"
_APT = """
set -e
mkdir -p /var/lib/apt/lists/partial
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends {packages}
apt-get clean
rm -rf /var/lib/apt/lists /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log /usr/share/doc /usr/share/man
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Python packages, each `name==version`, as they were resolved for one repository."""

    lines: tuple[str, ...]

    def digest(self, parent: str) -> str:
        """Return the digest of the packages on top of the parent image's id."""
        return hashlib.sha256("\n".join([parent, *sorted(self.lines)]).encode()).hexdigest()


def ensure_system(engine: Engine, base: str, packages: Sequence[str], *, python: str) -> str:
    """Return the name of the base with Debian packages on it; all that need a compiler share the layer that has it.

    Raises `BuildFailed` of class `system-packages` when the archive does not have one.
    """
    image = base
    # A base from a registry brings its interpreter's headers; Debian's would be those of another one.
    own = not engine.labels(base).get("worldline.base", "").startswith("worldline/plain")
    packages = [name for name in packages if not (own and name.startswith("libpython"))]
    shared = [name for name in toolchain() if name in packages]
    for group in (shared, sorted(set(packages) - set(shared))):
        if group:
            image = _system_layer(engine, image, [name.format(python=python) for name in group])
    return image


def _system_layer(engine: Engine, parent: str, packages: list[str]) -> str:
    digest = hashlib.sha256(" ".join([str(engine.image_id(parent)), *packages]).encode()).hexdigest()
    name = f"worldline/system:{digest[:24]}"
    with one_at_a_time(name):
        if engine.image_id(name) is None:
            labels = {KIND_LABEL: "system", "worldline.base": parent, "worldline.packages": " ".join(packages)}
            script = _APT.format(packages=" ".join(map(shlex.quote, packages)))
            said = run_trusted(engine, parent, script, name=name, labels=labels)
            if said is not None:
                raise BuildFailed("system-packages", f"{' '.join(packages)} could not be installed: {said[-300:]}")
    return name


def ensure_dependencies(engine: Engine, parent: str, lock: Lock, mounts: BuildMounts, log: BuildLog) -> str:
    """Return the name of the image that has the locked packages on its parent; made once for all repositories.

    It is made in a container of its own, which never sees the repository: what others share, none can write to.
    """
    if not lock.lines:
        return parent
    digest = lock.digest(str(engine.image_id(parent)))
    name = f"worldline/deps:{digest[:24]}"
    with one_at_a_time(name):
        if engine.image_id(name) is None:
            labels = {KIND_LABEL: "dependencies", "worldline.base": parent, "worldline.lock": digest}
            with DockerContainer(engine, parent, network=True, mounts=mounts.volumes) as container:
                container.put({"/tmp/lock.txt": "\n".join(lock.lines).encode()})
                command = [UV, "pip", "install", "-q", "--no-deps", "--python", container.python, "-r", "/tmp/lock.txt"]
                # The lock says all; the day was asked for when it was made.
                env = {name: value for name, value in mounts.environment.items() if name != "UV_EXCLUDE_NEWER"}
                log.run(container, "dependencies", command, env=env)
                container.run(["rm", "-rf", "/home/worldline/.cache", "/tmp/lock.txt"])
                engine.commit(container.id, name=name, labels=labels)
    return name
