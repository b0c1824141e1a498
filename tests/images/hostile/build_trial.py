"""BuildTrial: hostile projects and honest ones, built side by side in containers as `worldline images build` does."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass

import docker
import docker.errors

from images.build import BuildSettings, build_image
from images.catalogue import ImageRecord
from images.engine import Engine
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind
from tests.images.hostile.archives import GOOD
from tests.images.hostile.projects import EITHER, EXECUTABLE, PROJECTS

SETTINGS = BuildSettings(install_seconds=45, test_seconds=40)
_HONEST_EVERY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTrial:
    """How one build ended: its record, or what escaped from it as an exception."""

    name: str
    honest: bool
    expected: str
    record: ImageRecord | None
    escaped: str

    @property
    def holds(self) -> bool:
        """Say whether a record came of it, and the one that was expected."""
        return self.record is not None and self.expected in (EITHER, self.record.status)


def try_builds(engine: Engine, names: list[str], *, workers: int = 2) -> list[BuildTrial]:
    """Build the hostile projects of these names with honest ones between them; the images are removed again."""
    with ThreadPoolExecutor(workers) as pool:
        trials = list(pool.map(lambda row: _try(engine, *row), _mixed(names)))
    with closing(docker.from_env()) as client:
        for image in {t.record.image for t in trials if t.record and t.record.image}:
            with suppress(docker.errors.APIError):
                client.images.remove(image, force=True)
    return trials


def _mixed(names: list[str]) -> Iterator[tuple[str, dict[str, bytes], str, bool]]:
    for number, name in enumerate(names):
        if number % _HONEST_EVERY == 0:
            # Other bytes, so that none of them is the image of another.
            files = {**GOOD, "number.py": f"number = {number}\n".encode()}
            yield f"honest {number}", files, EXECUTABLE, True
        files, expected = PROJECTS[name]
        yield name, files, expected, False


def _try(engine: Engine, name: str, files: dict[str, bytes], expected: str, honest: bool) -> BuildTrial:
    spec = RepositorySpec(text=name, kind=SourceKind.PATH, location=f"/{name.replace(' ', '-')}", revision=None)
    record, escaped = None, ""
    try:
        record = build_image(engine, spec, SourceTree(files=files), SETTINGS)
    except Exception as error:
        escaped = repr(error)
    return BuildTrial(name=name, honest=honest, expected=expected, record=record, escaped=escaped)


def containers_of_ours() -> list[str]:
    """Return the ids of the containers that this process has started and that are still there."""
    mark = f"{socket.gethostname()}:{os.getpid()}:"
    with closing(docker.from_env()) as client:
        found = client.api.containers(all=True, filters={"label": "worldline.owner"})
    return [made["Id"] for made in found if made["Labels"]["worldline.owner"].startswith(mark)]


def engine_bytes() -> int:
    """Return what the engine's images take on disk, layers that images share counted once."""
    with closing(docker.from_env()) as client:
        return int(client.df()["LayersSize"])
