"""Engine: the only user of the docker SDK; images, containers and files in and out."""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import docker
import docker.errors
import requests

from images.attached_stream import AttachedStream
from images.errors import EngineError, NoEngine

OWNER_LABEL = "worldline.owner"
AGENT_UID = 10001
SUPERVISOR = "/.worldline/supervisor"
_MISSING = (
    "no container engine answers: start one, or on Debian as root run `worldline setup`, "
    "which installs docker.io and starts dockerd"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLimits:
    """The bounds of one container: bytes of memory, number of processes, seconds of life."""

    memory_bytes: int = 2 << 30
    processes: int = 512
    lifetime_s: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A container that was started: its id, and the stream of its main process."""

    id: str
    stream: AttachedStream


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image as the engine lists it: its names, labels, bytes with all layers, and when it was made (Unix time)."""

    id: str
    names: tuple[str, ...]
    labels: dict[str, str]
    size: int
    created: int


def owner_mark() -> str:
    """Return host, process id and start time of this process: enough to tell later whether it still lives."""
    return f"{socket.gethostname()}:{os.getpid()}:{_start_time(os.getpid())}"


def _start_time(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[1].split()[19]
    except OSError:
        return "gone"


class Engine:
    """A connection to the container engine; safe to make in every worker."""

    def __init__(self) -> None:
        try:
            self._client = docker.from_env(timeout=120)
            self._client.ping()
            self._patient = docker.APIClient(timeout=7200, version="auto", **docker.utils.kwargs_from_env())
        except (docker.errors.DockerException, requests.RequestException) as error:
            raise NoEngine(_MISSING) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._patient.close()

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

    def start(
        self,
        image: str,
        *,
        supervisor: Path,
        network: bool = False,
        mounts: Mapping[str, str] | None = None,
        trusted: bool = False,
        limits: ContainerLimits | None = None,
    ) -> "Running":
        """Start a hardened container whose main process is the supervisor; it ends with this process or after its lifetime.

        `trusted` keeps the engine's default capabilities, which package managers need to make a base image; otherwise
        the supervisor can change its user and kill, and what it runs can do neither.
        """
        bounds = limits or ContainerLimits()
        binds = {str(supervisor): {"bind": SUPERVISOR, "mode": "ro"}}
        binds |= {source: {"bind": target, "mode": "ro"} for source, target in (mounts or {}).items()}
        api = self._client.api
        with naming_engine_errors(f"start a container of {image}"):
            host = api.create_host_config(
                auto_remove=True,
                network_mode="bridge" if network else "none",
                cap_drop=[] if trusted else ["ALL"],
                cap_add=[] if trusted else ["SETUID", "SETGID", "KILL"],
                security_opt=["no-new-privileges"],
                mem_limit=bounds.memory_bytes,
                memswap_limit=bounds.memory_bytes,
                pids_limit=bounds.processes,
                log_config={"type": "none"},
                binds=binds,
            )
            made = api.create_container(
                image,
                [SUPERVISOR, str(bounds.lifetime_s), str(AGENT_UID)],
                entrypoint=[],
                user="0",
                stdin_open=True,
                hostname="sandbox",
                labels={OWNER_LABEL: owner_mark()},
                host_config=host,
            )["Id"]
            try:
                attached = api.attach_socket(made, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
                api.start(made)
            except BaseException:
                self.remove(made)
                raise
        return Running(id=str(made), stream=AttachedStream(attached._sock, (attached._response, attached)))

    def run_once(
        self, image: str, command: Sequence[str], *, mounts: Mapping[str, str], timeout_s: float = 900
    ) -> tuple[int, str]:
        """Run a trusted command of ours as root, with the network and writable mounts; return exit code and output."""
        binds = {source: {"bind": target, "mode": "rw"} for source, target in mounts.items()}
        labels = {OWNER_LABEL: owner_mark()}
        with naming_engine_errors(f"run a command in {image}"):
            made = self._client.containers.run(
                image, list(command), entrypoint=[], user="0", detach=True, volumes=binds, labels=labels
            )
            try:
                code = int(made.wait(timeout=timeout_s)["StatusCode"])
                return code, made.logs().decode("utf-8", "replace")
            finally:
                self.remove(str(made.id))

    def commit(self, container: str, *, name: str, labels: Mapping[str, str]) -> str:
        """Store the container's file system as an image and return the image's id."""
        repository, _, tag = name.partition(":")
        config: dict[str, Any] = {
            "Labels": dict(labels),
            "WorkingDir": "/testbed",
            "User": str(AGENT_UID),
            "Cmd": ["bash"],
        }
        with naming_engine_errors(f"commit {name}"):
            made = self._patient.commit(container, repository=repository, tag=tag, conf=config)
        return str(made["Id"])

    def is_running(self, container: str) -> bool:
        """Say whether the container is there and running."""
        try:
            return bool(self._client.api.inspect_container(container)["State"]["Running"])
        except docker.errors.NotFound:
            return False

    def remove(self, container: str) -> None:
        """Kill and remove a container; one that is gone already is no error."""
        with suppress(docker.errors.APIError):
            self._client.api.remove_container(container, force=True, v=True)

    def remove_orphans(self) -> int:
        """Remove our containers whose owning process on this host is gone; return how many."""
        removed = 0
        for container in self._client.containers.list(all=True, filters={"label": OWNER_LABEL}):
            host, pid, started = container.labels[OWNER_LABEL].rsplit(":", 2)
            if host == socket.gethostname() and _start_time(int(pid)) != started:
                self.remove(str(container.id))
                removed += 1
        return removed

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


class naming_engine_errors:
    """Context that turns the SDK's errors into `EngineError`, one sentence that names what was asked for."""

    def __init__(self, asked: str) -> None:
        self._asked = asked

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (docker.errors.DockerException, requests.RequestException)):
            raise EngineError(f"the engine could not {self._asked}: {error}") from error
