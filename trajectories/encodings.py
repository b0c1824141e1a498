"""Encodings: how the columns of a shard are written, each choice measured (docs/log.md, benchmarks/decode.py)."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

LEVEL = 9
_FRAME = "trace.frames.list.element."
# Texts of values seldom repeat: a dictionary of them fills up and is given up.
_ENCODED = {f"{_FRAME}changed.list.element.text": "DELTA_LENGTH_BYTE_ARRAY"}


def write_options(schema: pa.Schema) -> dict[str, Any]:
    """Return what `pyarrow.parquet.write_table` is told: dictionaries for what repeats, statistics for what is filtered."""
    leaves = [leaf for field in schema for leaf in _leaves(field.name, field.type)]
    return {
        "compression": "zstd",
        "compression_level": LEVEL,
        "write_page_checksum": True,
        "use_dictionary": [leaf for leaf in leaves if leaf not in _ENCODED],
        "column_encoding": {leaf: _ENCODED[leaf] for leaf in leaves if leaf in _ENCODED} or None,
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
