"""Measurement: one build as a row of a JSONL file, by which a run that was killed goes on."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from images.base_image import ensure_base
from images.build import build_image
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.engine import Engine
from images.errors import BadSource
from images.host_pip import read_host_pip
from images.record_shelf import RecordShelf
from images.source import fetch
from images.spec import parse_spec
from pipelines.build_command import build_or_find

Row = dict[str, Any]


class Measurement:
    """Builds specs and appends a row for each; rows that the file has are not measured again."""

    def __init__(self, engine: Engine, folder: Path, settings: BuildSettings) -> None:
        self._engine = engine
        self._folder = folder
        self._settings = settings
        self._shelf = RecordShelf(folder / "records")
        self._file = folder / "rows.jsonl"
        (folder / "logs").mkdir(parents=True, exist_ok=True)

    def rows(self) -> list[Row]:
        """Return the rows so far."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def run(self, kind: str, specs: list[str], *, workers: int = 1) -> Iterator[Row]:
        """Build the specs that have no row of this kind; yield each row as it comes.

        Kinds: `first`; `again`, when nothing has changed; others, builds of an image that was removed.
        """
        ensure_base(self._engine, self._settings.python, image=self._settings.base_image)
        done = {row["spec"] for row in self.rows() if row["kind"] == kind}
        with ThreadPoolExecutor(workers) as pool:
            waiting = [pool.submit(self._one, kind, spec) for spec in specs if spec not in done]
            for future in as_completed(waiting):
                row = future.result()
                with self._file.open("a") as handle:
                    handle.write(json.dumps(row) + "\n")
                yield row

    def _one(self, kind: str, spec: str) -> Row:
        known = self._shelf.find(spec, self._settings)
        if kind not in ("first", "again") and known and known.image:
            self._engine.remove_image(known.image)
        began, wall = time.monotonic(), time.time()
        if kind == "again":
            record = build_or_find(self._engine, self._shelf, parse_spec(spec), None, self._settings)
        else:
            record = self._build(spec)
        seconds = time.monotonic() - began
        if kind == "first":
            log = "\n".join(f"## {a.recipe}: {a.reason or 'executable'}\n{a.log}" for a in record.attempts)
            (self._folder / "logs" / f"{record.repository}.log").write_text(log or record.reason)
        return _row(kind, spec, record, seconds, wall)

    def _build(self, text: str) -> ImageRecord:
        spec = parse_spec(text)
        try:
            tree = fetch(spec, pip=read_host_pip())
        except BadSource as error:
            reason = "no-tests" if "ships no tests" in str(error) else "source"
            return ImageRecord(repository=spec.repository, spec=text, status="failed", reason=f"{reason}: {error}")
        record = build_image(self._engine, spec, tree, self._settings)
        self._shelf.put(record, self._settings)
        return record


def _row(kind: str, spec: str, record: ImageRecord, seconds: float, started: float) -> Row:
    return {
        "kind": kind,
        "spec": spec,
        "status": record.status,
        "reason": record.reason,
        "recipe": record.recipe,
        "attempts": len(record.attempts),
        "tests": Counter(test.outcome for test in record.tests),
        "collection_errors": record.collection_errors,
        "test_seconds": round(sum(test.seconds for test in record.tests), 1),
        "added_bytes": record.added_bytes,
        "shared_bytes": record.shared_bytes,
        "fetched_bytes": record.fetched_bytes,
        "seconds": round(seconds, 2),
        "started": round(started, 1),
    }
