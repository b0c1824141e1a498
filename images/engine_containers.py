"""EngineContainers: starts, counts and removes containers in the engine, and forgets none that its process leaves."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import docker
import docker.errors
import requests

from images.attached_stream import AttachedStream
from images.container_limits import ContainerLimits
from images.container_owner import OWNER_LABEL, Purpose, labels_of, reason_to_remove
from images.container_profile import RUN, ContainerProfile, host_settings
from images.errors import EngineBusy, EngineError, NoEngine
from images.free_space import FreeSpace
from images.heartbeat import keep_alive
from images.workspace_disk import remove_stale_disks

AGENT_UID = 10001
SUPERVISOR = "/.worldline/supervisor"
_PREFIX = "worldline-"
_TRIES = 3
# Three tries of a call that hangs stay under a minute.
_PROMPT_SECONDS = 19
_REAP_SECONDS = 60
_EXPORT_SECONDS = 3600
_MISSING = (
    "no container engine answers: start one, or on Debian as root run `worldline setup`, "
    "which installs docker.io and starts dockerd"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is asked of the engine for one container; `disks` maps folders of this machine to writable places inside."""

    image: str
    supervisor: Path
    profile: ContainerProfile = RUN
    limits: ContainerLimits = field(default_factory=ContainerLimits)
    network: bool = False
    mounts: Mapping[str, str] = field(default_factory=dict)
    disks: Mapping[str, str] = field(default_factory=dict)
    purpose: Purpose = field(default_factory=Purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A container that was started: its id, and the stream of its main process."""

    id: str
    stream: AttachedStream


class EngineContainers:
    """A connection to the engine, as far as containers go; `Engine` adds images. Use `with` or call `close`.

    `free_space` is what stays free of this machine's disk. A call that starts or removes a container is given up after
    `prompt_s`.
    """

    def __init__(self, *, free_space: FreeSpace | None = None, prompt_s: float = _PROMPT_SECONDS) -> None:
        self.free_space = free_space or FreeSpace()
        try:
            self._client = docker.from_env(timeout=120)
        except docker.errors.DockerException as error:
            raise NoEngine(_MISSING) from error
        try:
            self._client.ping()
            settings = docker.utils.kwargs_from_env()
            self._patient = docker.APIClient(timeout=7200, version="auto", **settings)
            self._prompt = docker.APIClient(timeout=prompt_s, version="auto", **settings)
        except (docker.errors.DockerException, requests.RequestException) as error:
            self._client.close()
            raise NoEngine(_MISSING) from error
        self._reap_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._prompt.close()
        self._patient.close()

    def open(self, asked: Opening) -> Running:
        """Start a container whose main process is the supervisor; it ends with this process or after its lifetime.

        An engine that hangs or fails by itself is asked again, at most twice; what the lost try may have made is removed.
        """
        self._reap_if_due()
        names = [new_name() for _ in range(_TRIES)]
        for tried, name in enumerate(names):
            try:
                with naming_engine_errors(f"start a container of {asked.image}"):
                    running = self._open(name, asked)
            except EngineBusy:
                if name == names[-1]:
                    raise
                continue
            # An engine that was too slow may have made what a lost try asked for after that was removed.
            for lost in names[:tried]:
                self.remove(lost)
            return running
        raise AssertionError("the last try returns or raises")

    def _open(self, name: str, asked: Opening) -> Running:
        limits, api = asked.limits, self._prompt
        mounts = {str(asked.supervisor): SUPERVISOR, **asked.mounts}
        settings = host_settings(asked.profile, limits, network=asked.network, mounts=mounts, disks=asked.disks)
        stream = None
        try:
            made = api.create_container(
                asked.image,
                [SUPERVISOR, str(limits.lifetime_s), str(AGENT_UID), str(limits.silence_s)],
                entrypoint=[],
                user="0",
                name=name,
                stdin_open=True,
                hostname="sandbox",
                stop_timeout=1,
                labels=labels_of(asked.purpose, lifetime_s=limits.lifetime_s),
                host_config=api.create_host_config(**settings),
            )["Id"]
            attached = api.attach_socket(made, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            stream = AttachedStream(attached._sock, (attached._response, attached))
            api.start(made)
        except BaseException:
            if stream:
                stream.close()
            self.remove(name)
            raise
        keep_alive(stream)
        return Running(id=str(made), stream=stream)

    def is_running(self, container: str) -> bool:
        """Say whether the container is there and running."""
        try:
            return bool(self._client.api.inspect_container(container)["State"]["Running"])
        except docker.errors.NotFound:
            return False

    def remove(self, container: str) -> None:
        """Kill and remove a container; one that is gone already is no error."""
        with suppress(docker.errors.APIError, requests.RequestException):
            self._prompt.remove_container(container, force=True, v=True)

    def image_layers(self, image: str) -> list[Path]:
        """Return the folders of the image's layers, uppermost first; none where the engine keeps them otherwise."""
        driver = self._ask(f"look at {image}", lambda api: api.inspect_image(image)).get("GraphDriver") or {}
        data = driver.get("Data") or {}
        if driver.get("Name") != "overlay2" or "UpperDir" not in data:
            return []
        folders = [data["UpperDir"], *filter(None, data.get("LowerDir", "").split(":"))]
        return [_short(Path(folder)) for folder in folders]

    def _ask(self, asked: str, question: Callable[[docker.APIClient], Any]) -> Any:
        """Return the answer to a question that changes nothing, asked again at most twice of an engine that is too slow."""
        for left in reversed(range(_TRIES)):
            try:
                with naming_engine_errors(asked):
                    return question(self._prompt)
            except EngineBusy:
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def export(self, image: str) -> Iterator[bytes]:
        """Give the tar of all files of an image."""
        with naming_engine_errors(f"export {image}"):
            labels = labels_of(Purpose(), lifetime_s=_EXPORT_SECONDS)
            made = self._client.api.create_container(image, ["true"], name=new_name(), labels=labels)["Id"]
            try:
                yield from self._client.api.export(made)
            finally:
                self.remove(made)

    def check_space(self, limits: ContainerLimits | None = None) -> None:
        """Raise `NoSpace` when the engine's disk is too full for a container that writes all it may; warn when it soon is.

        An engine that keeps its files on another machine is trusted with its own disk.
        """
        place = Path(self._ask("say where it keeps its files", lambda api: api.info())["DockerRootDir"])
        if place.is_dir():
            self.free_space.check(place, (limits or ContainerLimits()).watched_bytes)

    def written_bytes(self, container: str) -> int:
        """Return how much the container has written over its image, outside of disks."""
        with naming_engine_errors("count what a container has written"):
            found = self._client.api.containers(all=True, size=True, filters={"id": container})
        return int(found[0].get("SizeRw", 0)) if found else 0

    def remove_orphans(self) -> int:
        """Remove our containers that nobody holds any more, that are too old, or that never ran; return how many.

        A label alone does not make one ours: a container that a user starts from a committed image inherits them.
        """
        with naming_engine_errors("list containers"):
            listed = self._prompt.containers(all=True, filters={"label": OWNER_LABEL})
        found = [one for one in listed if any(name.startswith(f"/{_PREFIX}") for name in one["Names"])]
        with naming_engine_errors("look at containers"):
            gone = [one["Id"] for one in found if reason_to_remove(one["Labels"], idle_s=self._idle_seconds(one))]
        for container in gone:
            self.remove(container)
        remove_stale_disks()
        return len(gone)

    def _idle_seconds(self, listed: Mapping[str, Any]) -> float:
        """Return for how long a listed container has been there without running; 0 while it runs."""
        if listed["State"] not in ("created", "exited", "dead"):
            return 0.0
        try:
            ended = self._prompt.inspect_container(listed["Id"])["State"]["FinishedAt"]
        except docker.errors.NotFound:
            return 0.0
        since = datetime.fromisoformat(f"{ended[:19]}+00:00").timestamp() if listed["State"] != "created" else 0.0
        return time.time() - max(since, float(listed["Created"]))

    def _reap_if_due(self) -> None:
        """Remove orphans before the first container, and once a minute when more are opened."""
        if time.monotonic() < self._reap_at:
            return
        self._reap_at = time.monotonic() + _REAP_SECONDS
        with suppress(EngineError):  # an engine that is too busy to list is asked again in a minute
            self.remove_orphans()


def new_name() -> str:
    """Return a name for a container of ours."""
    return f"{_PREFIX}{secrets.token_hex(8)}"


def _short(layer: Path) -> Path:
    """Return the engine's short name of a layer's folder: mount takes a page of options at most."""
    link = layer.parent / "link"
    short = layer.parent.parent / "l" / link.read_text().strip() if link.is_file() else layer
    return short if short.is_dir() else layer


class naming_engine_errors:
    """Context that turns the SDK's errors into `EngineError`, one sentence that names what was asked for."""

    def __init__(self, asked: str) -> None:
        self._asked = asked

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (docker.errors.DockerException, requests.RequestException)):
            by_itself = not isinstance(error, docker.errors.APIError) or error.is_server_error()
            kind = EngineBusy if by_itself else EngineError
            raise kind(f"the engine could not {self._asked}: {error}") from error
