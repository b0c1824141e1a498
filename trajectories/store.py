"""Store: a Parquet dataset in one folder whose units of work are each committed exactly once.

    traces/<unit>-<attempt>.parquet     what any Parquet reader opens
    traces/_commits/<unit>.json         the truth: made once, by link()
    traces/_staging/                    files that do not count yet

A unit's shard is staged, checked, made durable and renamed; then the record is linked. A link that exists already means
that another attempt won: the loser deletes its file. What a killed writer leaves behind is swept when the store opens
for a new run (protocol and measurements: reliability, section 7).
"""

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from trajectories.errors import StoreError
from trajectories.schema import DATASETS
from trajectories.shard import Rows, fsync_folder, naming_full_disks, read_shard, write_shard

Row = dict[str, Any]


class Store:
    """One dataset of a run's folder, by its name in `DATASETS`."""

    def __init__(self, run_folder: Path, dataset: str) -> None:
        if dataset not in DATASETS:
            raise StoreError(f"there is no dataset {dataset!r}: there are {', '.join(DATASETS)}")
        self.folder = run_folder / dataset
        self._schema: pa.Schema = DATASETS[dataset]
        self._commits = self.folder / "_commits"
        self._staging = self.folder / "_staging"

    def commit(self, unit: str, rows: "Rows | pa.Table", *, seconds: float = 0.0) -> bool:
        """Make the unit's rows visible, once and for ever; return False when another attempt did so before.

        A table may have dictionary-encoded columns. `seconds` is what the unit took; it is kept with the commit.
        """
        if self.is_done(unit):
            return False
        attempt = f"{unit}-{secrets.token_hex(4)}"
        staged, final = self._staging / f"{attempt}.parquet", self.folder / f"{attempt}.parquet"
        record_path = self._staging / f"{attempt}.json"
        try:
            with naming_full_disks(self.folder):
                self._commits.mkdir(parents=True, exist_ok=True)
                self._staging.mkdir(parents=True, exist_ok=True)
                digest = write_shard(staged, rows, self._schema)
                staged.rename(final)
                fsync_folder(self.folder)
                record = {"unit": unit, "file": final.name, "rows": len(rows), "sha256": digest, "seconds": seconds}
                with record_path.open("w") as handle:
                    json.dump(record, handle)
                    handle.flush()
                    os.fsync(handle.fileno())
                won = self._link(record_path, self._commits / f"{unit}.json")
        except BaseException:
            if not self.is_done(unit):
                final.unlink(missing_ok=True)
            raise
        finally:
            staged.unlink(missing_ok=True)
            record_path.unlink(missing_ok=True)
        if not won:
            final.unlink()
        return won

    def _link(self, record: Path, name: Path) -> bool:
        try:
            os.link(record, name)
        except FileExistsError:
            return False
        fsync_folder(self._commits)
        return True

    def is_done(self, unit: str) -> bool:
        """Say whether the unit was committed."""
        return (self._commits / f"{unit}.json").exists()

    def units(self) -> list[str]:
        """Return the committed units, sorted."""
        return sorted(path.stem for path in self._commits.glob("*.json"))

    def rows(self, columns: list[str] | None = None) -> Iterator[Row]:
        """Yield the rows of all committed units in the order of the units."""
        for unit in self.units():
            yield from self.unit_rows(unit, columns)

    def unit_rows(self, unit: str, columns: list[str] | None = None) -> list[Row]:
        """Return the rows of one committed unit."""
        record = json.loads((self._commits / f"{unit}.json").read_text())
        return read_shard(self.folder / record["file"], columns, sha256=record["sha256"], schema=self._schema)

    def seconds(self) -> float:
        """Return the seconds that the committed units took, added up."""
        records = (json.loads(path.read_text()) for path in self._commits.glob("*.json"))
        return sum(record.get("seconds", 0.0) for record in records)

    def size_bytes(self) -> int:
        """Return the bytes of the committed shards."""
        return sum(path.stat().st_size for path in self.folder.glob("*.parquet"))

    def sweep(self) -> int:
        """Delete what killed writers left; return how many files. Call it only while nobody writes."""
        if not self.folder.exists():
            return 0
        committed = {json.loads(path.read_text())["file"] for path in self._commits.glob("*.json")}
        leftovers = [path for path in self.folder.glob("*.parquet") if path.name not in committed]
        leftovers += list(self._staging.glob("*"))
        for path in leftovers:
            path.unlink()
        return len(leftovers)
