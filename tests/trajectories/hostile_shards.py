"""Hostile shards (T37): files that a run's folder from elsewhere may hold, each with a record that vouches for it."""

import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trajectories.schema import COVERAGE, VERSION
from trajectories.shard import write_shard

_ROW = {"repository": "ledger", "test": "t", "lines": [1, 2]}
_METADATA = {"worldline.schema": str(VERSION)}


class Runs:
    """What a pickle makes by running code where it is loaded."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (os.environ["WORLDLINE_PICKLE_RAN"],)


def honest() -> bytes:
    """Return the bytes of a good shard whose pages do not compress."""
    place = Path(os.environ["WORLDLINE_SHARDS"]) / "honest.parquet"
    if not place.exists():
        write_shard(place, [{**_ROW, "test": os.urandom(2000).hex()} for _ in range(20)], COVERAGE)
    return place.read_bytes()


def _written(table: pa.Table, **options: object) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


def _of(columns: dict[str, pa.Array], metadata: dict[str, str] | None = None) -> bytes:
    return _written(pa.table(columns).replace_schema_metadata(_METADATA if metadata is None else metadata))


def _table(schema: pa.Schema = COVERAGE, **changed: pa.Array) -> dict[str, pa.Array]:
    return {**{field.name: pa.nulls(1, field.type) for field in schema}, **changed}


def _flat_bomb() -> bytes:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * (1 << 20)]))
    empty = {field.name: pa.nulls(100_000, field.type) for field in COVERAGE}
    table = pa.table({**empty, "repository": texts}).replace_schema_metadata(_METADATA)
    return _written(table, compression="zstd", store_schema=False, dictionary_pagesize_limit=1 << 30)


def _nested_bomb() -> bytes:
    numbers = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * (1 << 20)]))
    lists = pa.ListArray.from_arrays(pa.array([0, 100_000], pa.int32()), numbers)
    return _written(
        pa.table({"fail_to_pass": lists}), compression="zstd", store_schema=False, dictionary_pagesize_limit=1 << 30
    )


def _many_values() -> bytes:
    part = pa.table({"first_line": pa.nulls(1 << 24, pa.int32())})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, part.schema) as writer:
        for _ in range(9):
            writer.write_table(part, row_group_size=1 << 24)
    return sink.getvalue().to_pybytes()


def _extension() -> bytes:
    """Name the extension type whose pickle pyarrow before 14.0.1 loaded (CVE-2023-47248)."""
    marks = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": pickle.dumps(Runs())}
    field = pa.field("repository", pa.string(), metadata=marks)
    schema = pa.schema([field, *list(COVERAGE)[1:]], metadata=_METADATA)
    return _written(pa.Table.from_pylist([_ROW], schema=schema))


def _flipped() -> bytes:
    data = bytearray(honest())
    data[len(data) // 3] ^= 1
    return bytes(data)


def _long_footer() -> bytes:
    return honest()[:-8] + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"


def _deep() -> bytes:
    kind = pa.string()
    for _ in range(60):
        kind = pa.list_(kind)
    return _of({"repository": pa.nulls(1, kind)})


# Name, its bytes, the words of the sentence that refuses it.
SHARDS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "cannot be read"),
    "text": (lambda: b"PAR1 is how it begins, and ends: PAR1", "cannot be read"),
    "a pickle": (lambda: pickle.dumps(Runs()), "cannot be read"),
    "its first half": (lambda: honest()[: len(honest()) // 2], "cannot be read"),
    "all but its last byte": (lambda: honest()[:-1], "cannot be read"),
    "its footer alone": (lambda: honest()[-600:], "cannot be read"),
    "a footer of 2 GB": (_long_footer, "cannot be read"),
    "an encrypted footer": (lambda: honest()[:-4] + b"PARE", "cannot be read"),
    "a flipped bit in a page": (_flipped, "cannot be read"),
    "a page of zeros": (lambda: honest()[:100] + bytes(2000) + honest()[2100:], "cannot be read"),
    "texts of 100 GB": (_flat_bomb, "would take more than 1024 MiB"),
    "texts of 100 GB in one list": (_nested_bomb, "would take more than 1024 MiB"),
    "more numbers than a shard has": (_many_values, "would take more than 1024 MiB"),
    "a column too few": (
        lambda: _of({k: v for k, v in _table().items() if k != "lines"}),
        "other columns than .*lines",
    ),
    "a column too many": (lambda: _of(_table(more=pa.nulls(1, pa.string()))), "other columns than .*more"),
    "a column of another type": (lambda: _of(_table(lines=pa.array(["1"]))), "other columns than .*lines"),
    "numbers where texts were": (lambda: _of(_table(test=pa.array([b"\xff"]))), "other columns than .*test"),
    "an extension type with a pickle": (_extension, "of a type that is made elsewhere"),
    "no version": (lambda: _of(_table(), {}), "has schema version ''"),
    "a version to come": (lambda: _of(_table(), {"worldline.schema": "99"}), "has schema version '99'"),
    "a version that is no number": (lambda: _of(_table(), {"worldline.schema": "1\x1b[2J"}), "has schema version"),
    "lists sixty deep": (_deep, "cannot be read"),
    "a version before the first": (lambda: _of(_table(), {"worldline.schema": "0"}), "has schema version '0'"),
}
