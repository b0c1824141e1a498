"""Shard: one Parquet file, written aside, checked, and given its name by one rename."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from trajectories.encodings import write_options
from trajectories.errors import DiskFull, StoreError
from trajectories.schema import VERSION
from trajectories.shard_bounds import check_bounds
from trajectories.version_1 import upgraded
from trajectories.version_2 import upgraded_image
from trajectories.version_3 import upgraded_episode, upgraded_task

# By the version that a shard was written in: what makes its rows today's, in this order.
_UPGRADES = {
    "1": (upgraded, upgraded_image, upgraded_task, upgraded_episode),
    "2": (upgraded_image, upgraded_task, upgraded_episode),
    "3": (upgraded_task, upgraded_episode),
}

Rows: TypeAlias = list[dict[str, Any]]


@contextmanager
def naming_full_disks(folder: Path) -> Iterator[None]:
    """Turn the operating system's "no space left" into `DiskFull`, one sentence that names the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"no space is left on the device of {str(folder)!r}: free some and run again") from error
        raise


def fsync_folder(folder: Path) -> None:
    """Make the folder's entries durable: a rename is lost in a power cut without it (reliability, section 7)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_shard(path: Path, rows: "Rows | pa.Table", schema: pa.Schema) -> str:
    """Write the rows to `path` with page checksums, read them back, and return the file's SHA-256.

    Columns of a table may be dictionary-encoded; the file's columns have the schema's plain types in any case.
    """
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema=schema)
    with pq.ParquetWriter(path, table.schema, **write_options(schema)) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(schema.metadata)
    back = pq.read_table(path, page_checksum_verification=True, partitioning=None)
    if back.num_rows != table.num_rows or not back.schema.equals(schema):
        raise StoreError(
            f"shard {path.name!r} read back as {back.num_rows} rows of {back.schema.names}: expected others"
        )
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_shard(
    path: Path, columns: list[str] | None = None, *, sha256: str, schema: pa.Schema | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a shard; raise `StoreError` when it is not the file that was committed, whole and unchanged.

    Of today's version, its columns must be those of the `schema`. One whose rows would not fit the memory is refused.

    The digest comes first: page checksums cover pages alone, and a flipped bit elsewhere passes (docs/log.md).
    """
    try:
        with path.open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != sha256:
                raise StoreError(
                    f"shard {str(path)!r} has changed since it was committed: restore it or delete the run"
                )
        version = _check_columns(path, schema)
        check_bounds(path)
        chosen = columns if version == str(VERSION) else None
        table = pq.read_table(path, columns=chosen, page_checksum_verification=True, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"shard {str(path)!r} cannot be read ({error}): delete it and run the job again") from error
    if version == str(VERSION):
        return table.to_pylist()
    if version not in _UPGRADES:
        raise StoreError(f"shard {str(path)!r} has schema version {version!r}, expected 1 to {VERSION}")
    rows = table.to_pylist()
    for upgrade in _UPGRADES[version]:
        rows = [upgrade(row) for row in rows]
    return [{name: row[name] for name in columns} for row in rows] if columns else rows


def _check_columns(path: Path, schema: pa.Schema | None) -> str:
    """Return the version of a shard whose columns are those of the version."""
    found = pq.read_schema(path)
    version = (found.metadata or {}).get(b"worldline.schema", b"").decode("utf-8", "replace")
    if any(b"ARROW:extension:name" in (field.metadata or {}) for field in found):
        raise StoreError(f"shard {str(path)!r} has a column of a type that is made elsewhere: no shard of ours has")
    if schema is not None and version == str(VERSION) and not found.equals(schema):
        names = ", ".join(sorted({field.name for field in set(found) ^ set(schema)})) or "their order"
        raise StoreError(f"shard {str(path)!r} has other columns than version {VERSION} of the format: {names[:300]}")
    return version
