"""Engine: images in the container engine; with engine_containers.py the only user of the docker SDK."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import docker.errors

from images.container_limits import ContainerLimits
from images.container_owner import Purpose, labels_of
from images.engine_containers import AGENT_UID, EngineContainers, Running, naming_engine_errors, new_name

__all__ = ["AGENT_UID", "ContainerLimits", "Engine", "Running"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image as the engine lists it: its names, labels, bytes with all layers, and when it was made (Unix time)."""

    id: str
    names: tuple[str, ...]
    labels: dict[str, str]
    size: int
    created: int


class Engine(EngineContainers):
    """A connection to the container engine; safe to make in every worker."""

    def version(self) -> str:
        """Return the engine's version."""
        return str(self._client.version()["Version"])

    def image_id(self, name: str) -> str | None:
        """Return the id of a local image, or None."""
        try:
            return str(self._client.images.get(name).id)
        except docker.errors.ImageNotFound:
            return None

    def image_bytes(self, name: str) -> int:
        """Return the size of a local image, its base included."""
        return int(self._client.images.get(name).attrs["Size"])

    def pull(self, name: str) -> bool:
        """Pull an image; return False when no registry has it or none answers."""
        try:
            self._client.images.pull(name)
        except docker.errors.APIError:
            return False
        return True

    def load_rootfs(self, tar: IO[bytes], *, name: str) -> None:
        """Import a root file system, streamed as a tar, as an image."""
        repository, _, tag = name.partition(":")
        with naming_engine_errors(f"import {name}"):
            self._patient.import_image_from_data(tar, repository=repository, tag=tag)

    def run_once(
        self, image: str, command: Sequence[str], *, mounts: Mapping[str, str], timeout_s: float = 900
    ) -> tuple[int, str]:
        """Run a trusted command of ours as root, with the network and writable mounts; return exit code and output."""
        binds = {source: {"bind": target, "mode": "rw"} for source, target in mounts.items()}
        labels = labels_of(Purpose(), lifetime_s=timeout_s)
        with naming_engine_errors(f"run a command in {image}"):
            made = self._client.containers.run(
                image,
                list(command),
                name=new_name(),
                entrypoint=[],
                user="0",
                detach=True,
                volumes=binds,
                labels=labels,
            )
            try:
                code = int(made.wait(timeout=timeout_s)["StatusCode"])
                return code, made.logs().decode("utf-8", "replace")
            finally:
                self.remove(str(made.id))

    def commit(self, container: str, *, name: str, labels: Mapping[str, str]) -> str:
        """Store the container's file system as an image and return the image's id; the container's own labels are emptied."""
        repository, _, tag = name.partition(":")
        config: dict[str, Any] = {
            "Labels": dict.fromkeys(labels_of(Purpose(), lifetime_s=0), "") | dict(labels),
            "WorkingDir": "/testbed",
            "User": str(AGENT_UID),
            "Cmd": ["bash"],
        }
        with naming_engine_errors(f"commit {name}"):
            made = self._patient.commit(container, repository=repository, tag=tag, conf=config)
        return str(made["Id"])

    def gateway(self) -> str | None:
        """Return this machine's address as containers with a network see it, or None where the engine names none."""
        try:
            pools = self._client.networks.get("bridge").attrs["IPAM"]["Config"] or []
        except (docker.errors.APIError, KeyError, TypeError):
            return None
        return next((pool["Gateway"] for pool in pools if pool.get("Gateway")), None)

    def images(self, *, label: str, dangling: bool = False) -> list[StoredImage]:
        """Return the images that bear the label; with `dangling`, those that lost their name."""
        filters = {"label": label, "dangling": dangling}
        with naming_engine_errors("list images"):
            # Names and sizes come with the listing: to inspect thousands of images one by one takes minutes.
            found = self._client.api.images(filters=filters)
        return [_stored(entry) for entry in found]

    def labels(self, name: str) -> dict[str, str]:
        """Return the labels of a local image."""
        return dict(self._client.images.get(name).labels)

    def build(self, folder: Path, *, name: str, arguments: Mapping[str, str]) -> str:
        """Build the Dockerfile of the folder as `name`, with build arguments; return the image's id."""
        with naming_engine_errors(f"build {name}"):
            made, _ = self._client.images.build(
                path=str(folder), tag=name, buildargs=dict(arguments), rm=True, forcerm=True, timeout=3600
            )
        return str(made.id)

    def remove_image(self, name: str) -> bool:
        """Remove a name, and the image with its last one; return False when a container or another image needs it."""
        try:
            self._client.api.remove_image(name)
        except docker.errors.ImageNotFound:
            return True
        except docker.errors.APIError:
            return False
        return True


def _stored(entry: dict[str, Any]) -> StoredImage:
    names = tuple(name for name in entry.get("RepoTags") or () if name != "<none>:<none>")
    return StoredImage(
        id=str(entry["Id"]),
        names=names,
        labels=dict(entry.get("Labels") or {}),
        size=int(entry["Size"]),
        created=int(entry["Created"]),
    )
