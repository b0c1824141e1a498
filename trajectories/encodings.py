"""Encodings: how the columns of a shard are written, each choice measured (docs/log.md, benchmarks/decode.py)."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

LEVEL = 9
# A growing text repeats the one before it, which zstd finds only within a page: functions of the standard library take
# 2.13 bytes per event with pages of 4 MB, 2.22 with 1 MB; level 12 would save 2 % and halve the speed.
_PAGE_BYTES = 1 << 22
# Plain, since texts of values seldom repeat whole. Lengths kept apart (DELTA_LENGTH_BYTE_ARRAY) save a quarter on loops of
# arithmetic and cost a fifth on the standard library's functions, which are nearer to what is collected.
_PLAIN = {"trace.frames.list.element.changed.list.element.text"}


def write_options(schema: pa.Schema) -> dict[str, Any]:
    """Return what `pyarrow.parquet.write_table` is told: dictionaries for what repeats, statistics for what is filtered."""
    leaves = [leaf for field in schema for leaf in _leaves(field.name, field.type)]
    return {
        "compression": "zstd",
        "compression_level": LEVEL,
        "write_page_checksum": True,
        "data_page_size": _PAGE_BYTES,
        "use_dictionary": [leaf for leaf in leaves if leaf not in _PLAIN],
        "write_statistics": [leaf for leaf in leaves if "." not in leaf],
        # Without the Arrow schema in the file, readers that know no nested dictionary type (datasets) open it too.
        "store_schema": False,
    }


def _leaves(path: str, kind: pa.DataType) -> Iterator[str]:
    """Yield the paths of the Parquet columns below a field."""
    if pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{path}.{field.name}", field.type)
    elif pa.types.is_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    else:
        yield path
