"""Shard: one Parquet file, written aside, checked, and given its name by one rename."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trajectories.errors import DiskFull, StoreError
from trajectories.schema import VERSION


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


def write_shard(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> str:
    """Write the rows to `path` with page checksums, read them back, and return the file's SHA-256."""
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)
    if pq.read_table(path, page_checksum_verification=True, partitioning=None).num_rows != len(rows):
        raise StoreError(f"shard {path.name!r} read back with another number of rows than the {len(rows)} written")
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_shard(path: Path, columns: list[str] | None = None, *, sha256: str) -> list[dict[str, Any]]:
    """Return the rows of a shard; raise `StoreError` when it is not the file that was committed, whole and unchanged.

    The digest comes first: page checksums cover pages alone, and a flipped bit elsewhere passes (docs/log.md).
    """
    try:
        with path.open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != sha256:
                raise StoreError(
                    f"shard {str(path)!r} has changed since it was committed: restore it or delete the run"
                )
        table = pq.read_table(path, columns=columns, page_checksum_verification=True, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"shard {str(path)!r} cannot be read ({error}): delete it and run the job again") from error
    version = (table.schema.metadata or {}).get(b"worldline.schema", b"").decode()
    if version != str(VERSION):
        raise StoreError(f"shard {str(path)!r} has schema version {version!r}, expected {VERSION}")
    return table.to_pylist()
