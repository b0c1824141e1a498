"""Engine: the only user of the docker SDK; images, containers and files in and out."""

import io
import os
import socket
import tarfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import docker
import docker.errors
import requests
from docker.utils.socket import frames_iter

from images.container import BoundedOutput, Completed
from images.errors import EngineError, NoEngine

OWNER_LABEL = "worldline.owner"
AGENT_UID = 10001
MAX_READ = 64 << 20
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
        network: bool = False,
        mounts: Mapping[str, str] | None = None,
        trusted: bool = False,
        limits: ContainerLimits | None = None,
    ) -> str:
        """Start a hardened container that only sleeps, and return its id; it ends by itself after `lifetime_s`.

        `trusted` keeps the engine's default capabilities, which package managers need to make a base image.
        """
        bounds = limits or ContainerLimits()
        drop = [] if trusted else ["ALL"]
        with naming_engine_errors(f"start a container of {image}"):
            container = self._client.containers.run(
                image,
                ["sleep", str(bounds.lifetime_s)],
                entrypoint=[],
                user="0",
                detach=True,
                init=True,
                auto_remove=True,
                network_mode="bridge" if network else "none",
                cap_drop=drop,
                security_opt=["no-new-privileges"],
                mem_limit=bounds.memory_bytes,
                memswap_limit=bounds.memory_bytes,
                pids_limit=bounds.processes,
                hostname="sandbox",
                labels={OWNER_LABEL: owner_mark()},
                log_config={"type": "none"},
                volumes={source: {"bind": target, "mode": "ro"} for source, target in (mounts or {}).items()},
            )
        return str(container.id)

    def execute(
        self,
        container: str,
        command: Sequence[str],
        *,
        cwd: str = "/",
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
        user: int = AGENT_UID,
    ) -> Completed:
        """Run a command in a container; at the deadline all processes of its user are killed."""
        output, started = BoundedOutput(), time.monotonic()
        with naming_engine_errors(f"run {command[0]!r}"):
            created = self._client.api.exec_create(
                container, list(command), workdir=cwd, environment=dict(env or {}), user=str(user)
            )["Id"]
        failed: list[BaseException] = []
        reader = threading.Thread(target=self._drain, args=(created, output, failed), daemon=True)
        reader.start()
        reader.join(timeout_s)
        timed_out = reader.is_alive()
        if timed_out:
            self._kill_all(container, user)
            reader.join(10)
        with naming_engine_errors(f"run {command[0]!r}"):
            if failed:
                raise failed[0]
            code = self._client.api.exec_inspect(created)["ExitCode"]
        return Completed(
            exit_code=124 if timed_out else int(code if code is not None else 255),
            output=output.value(),
            seconds=time.monotonic() - started,
            timed_out=timed_out,
            truncated=output.truncated,
        )

    def _drain(self, exec_id: str, output: BoundedOutput, failed: list[BaseException]) -> None:
        try:
            # The SDK's own stream never closes its socket, so the frames are read from it here.
            connection = self._patient.exec_start(exec_id, socket=True)
            try:
                for _, piece in frames_iter(connection, tty=False):
                    output.write(piece)
            finally:
                with suppress(ValueError):  # it flushes a file that its own close has closed
                    connection._response.close()
                connection.close()
        except Exception as error:
            failed.append(error)

    def _kill_all(self, container: str, user: int) -> None:
        kill = ["python3", "-c", "import os; os.kill(-1, 9)"]
        with suppress(docker.errors.APIError):
            made = self._client.api.exec_create(container, kill, user=str(user))["Id"]
            self._client.api.exec_start(made)

    def write_tar(self, container: str, data: bytes) -> None:
        """Unpack a tar at the root of the container's file system."""
        with naming_engine_errors("copy files into a container"):
            self._client.api.put_archive(container, "/", data)

    def read_file(self, container: str, path: str) -> bytes | None:
        """Return a regular file of the container, or None when it is missing, something else, or over `MAX_READ`."""
        try:
            chunks, _ = self._client.api.get_archive(container, path)
        except docker.errors.NotFound:
            return None
        packed = bytearray()
        with naming_engine_errors(f"read {path!r}"):
            for chunk in chunks:
                packed += chunk
                if len(packed) > MAX_READ:
                    return None
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
            entry = archive.next()
            handle = archive.extractfile(entry) if entry and entry.isreg() else None
            return handle.read() if handle else None

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


class naming_engine_errors:
    """Context that turns the SDK's errors into `EngineError`, one sentence that names what was asked for."""

    def __init__(self, asked: str) -> None:
        self._asked = asked

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (docker.errors.DockerException, requests.RequestException)):
            raise EngineError(f"the engine could not {self._asked}: {error}") from error
