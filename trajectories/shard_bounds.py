"""Bounds of a shard: what its values take when they are spelt out, found before they are."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trajectories.errors import StoreError

MOST_BYTES = 1 << 30
_MOST_VALUES = 1 << 27
_ROWS_AT_ONCE = 256


def check_bounds(path: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Raise `StoreError` for a file whose values would take more than `most_bytes`.

    A dictionary lets a file of 500 bytes hold a terabyte, of which the footer says nothing. So texts are looked at as the
    numbers of their dictionary's entries. What a footer hides of the number of values is not found.
    """
    file = pq.ParquetFile(path, page_checksum_verification=True)
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    values = sum(group.column(number).num_values for group in groups for number in range(group.num_columns))
    leaves = [file.schema.column(number) for number in range(len(file.schema))]
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    total = 0
    if values <= _MOST_VALUES:
        for batch in pq.ParquetFile(path, read_dictionary=texts).iter_batches(batch_size=_ROWS_AT_ONCE):
            total += sum(_spelt_out(leaf) for column in batch.columns for leaf in _leaves(column))
            if total > most_bytes:
                break
    if values > _MOST_VALUES or total > most_bytes:
        raise StoreError(
            f"shard {str(path)!r} takes {path.stat().st_size} bytes and would take more than {most_bytes >> 20} MiB when it "
            "is read: no job of ours writes such a file"
        )


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    if pa.types.is_struct(array.type):
        for part in array.flatten():
            yield from _leaves(part)
    elif pa.types.is_list(array.type):
        yield from _leaves(array.flatten())
    else:
        yield array


def _spelt_out(leaf: pa.Array) -> int:
    if not pa.types.is_dictionary(leaf.type):
        return int(leaf.nbytes)
    lengths = pc.binary_length(leaf.dictionary).cast(pa.int64())
    counts = pc.value_counts(leaf.indices.drop_null())
    used = pc.take(lengths, counts.field("values"))
    return int(pc.sum(pc.multiply(used, counts.field("counts"))).as_py() or 0) + 4 * len(leaf)
