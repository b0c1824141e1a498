"""RecordShelf: the records of this machine's images as files, by which a build that would change nothing is skipped."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from images.build_settings import BuildSettings
from images.cache_folder import cache_folder
from images.catalogue import Attempt, ImageRecord
from images.engine import Engine
from images.health import TestOutcome

# 1  first version.
_VERSION = 1


class RecordShelf:
    """A folder of records; one that another version of the format wrote is taken for missing."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or cache_folder() / "images"

    def put(self, record: ImageRecord, settings: BuildSettings) -> None:
        """Keep the record under its spec and the settings."""
        stored = {"version": _VERSION, "key": _key(record.spec, settings), "record": asdict(record)}
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(record.spec, settings)
        aside = path.with_name(f".{path.name}.aside")
        aside.write_text(json.dumps(stored))
        aside.rename(path)

    def find(self, spec: str, settings: BuildSettings) -> ImageRecord | None:
        """Return the record of the spec built with these settings by this Worldline, or None."""
        path = self._path(spec, settings)
        return _read(path) if path.exists() else None

    def records(self) -> Iterator[ImageRecord]:
        """Yield all records, by file name."""
        for path in sorted(self._folder.glob("*.json")):
            record = _read(path)
            if record:
                yield record

    def drop(self, image: str) -> None:
        """Forget the records of an image."""
        self._mark(image).unlink(missing_ok=True)
        for path in self._folder.glob("*.json"):
            record = _read(path)
            if record is None or record.image == image:
                path.unlink(missing_ok=True)

    def touch(self, image: str) -> None:
        """Note that the image is used now."""
        mark = self._mark(image)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()

    def used(self, image: str) -> float:
        """Return when the image was noted as used last (Unix time), 0 when it never was."""
        mark = self._mark(image)
        return mark.stat().st_mtime if mark.exists() else 0.0

    def _mark(self, image: str) -> Path:
        return self._folder / "used" / image.replace("/", "-").replace(":", "-")

    def _path(self, spec: str, settings: BuildSettings) -> Path:
        return self._folder / f"{hashlib.sha256(_key(spec, settings).encode()).hexdigest()[:32]}.json"


def _key(spec: str, settings: BuildSettings) -> str:
    return json.dumps([spec, asdict(settings)], sort_keys=True)


def _read(path: Path) -> ImageRecord | None:
    try:
        stored = json.loads(path.read_text())
        if stored["version"] != _VERSION:
            return None
        record: dict[str, Any] = stored["record"]
        record["tests"] = tuple(TestOutcome(**test) for test in record["tests"])
        record["attempts"] = tuple(Attempt(**attempt) for attempt in record["attempts"])
        plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in record.items()}
        return ImageRecord(**plain)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def still_there(engine: Engine, record: ImageRecord | None, source_digest: str | None) -> bool:
    """Say whether the record's image is what a build would make again: executable, held by the engine, of these files.

    Without a digest the spec itself has to name fixed files, as a release does.
    """
    if record is None or not record.executable or engine.image_id(record.image) != record.image_id:
        return False
    return source_digest is None or record.source_digest == source_digest
