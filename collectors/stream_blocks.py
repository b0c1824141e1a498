"""Stream blocks: reads the guest's binary stream block by block, and refuses what no guest of ours writes.

The form of the stream stands in guest/worldline_stream.py. Nothing of it is evaluated or unpickled.
"""

import json
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from collectors.errors import GuestStreamError

MAGIC = b"WLTRACE2"
_HEAD = struct.Struct("<cI")
_NUMBER = struct.Struct("<I")
_SIZES = struct.Struct("<III5B")
_TYPES = {1: "<u1", 2: "<u2", 4: "<u4"}
# Offsets of texts are 32 bits wide in Arrow; a recorder's bounds keep far below.
_MOST_BYTES = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBlock:
    """One block of events in columns: E events, C changes, and the texts of the changes one after another."""

    kind_E: np.ndarray
    code_E: np.ndarray
    line_E: np.ndarray
    count_E: np.ndarray
    name_C: np.ndarray
    length_C: np.ndarray
    text: memoryview


def streams(data: bytes) -> list[bytes]:
    """Return the streams of a file: its own, then those of other threads by name, and of one name in the order of opening.

    Threads open their streams in one order or another, but are named in the order in which the program makes them.
    """
    own: list[bytes | memoryview] = [MAGIC]
    others: dict[int, list[memoryview]] = {}
    for letter, payload in blocks(data):
        if letter != "T":
            own += [_HEAD.pack(letter.encode("latin-1"), len(payload)), payload]
        elif len(payload) < _NUMBER.size:
            raise refused(letter, bytes(payload))
        else:
            others.setdefault(_NUMBER.unpack_from(payload)[0], []).append(payload[_NUMBER.size :])
    if not others:
        return [data]
    return [b"".join(own), *sorted((b"".join(others[number]) for number in sorted(others)), key=_thread)]


def contents(data: bytes) -> list[bytes]:
    """Return the streams of a file from behind their first blocks, which alone differ where two runs were the same."""
    found = []
    for stream in streams(data):
        header = next(blocks(stream), ("", memoryview(b"")))[1]
        found.append(stream[len(MAGIC) + _HEAD.size + len(header) :])
    return found


def joined(files: Sequence[bytes]) -> bytes:
    """Return several files as one: all streams but the first follow that as those of threads."""
    first, *others = [stream for file in files for stream in streams(file)]
    made = [first[: len(MAGIC) + sum(_HEAD.size + len(payload) for _, payload in blocks(first))]]
    for number, stream in enumerate(others, 1):
        made += [_HEAD.pack(b"T", _NUMBER.size + len(stream)), _NUMBER.pack(number), stream]
    return b"".join(made)


def _thread(stream: bytes) -> list[tuple[str, int]]:
    """Return what sorts streams by the names of their threads, numbers in these by size."""
    letter, payload = next(blocks(stream), ("", memoryview(b"")))
    value = read_json(letter, payload) if letter == "H" else None
    name = str(value.get("name", "")) if type(value) is dict else ""
    return [(text, int(digits or "0")) for text, digits in re.findall(r"([^0-9]+|^)([0-9]{0,9})", name)]


def blocks(data: bytes) -> Iterator[tuple[str, memoryview]]:
    """Yield letter and payload of each whole block; the torn one at the end of a killed stream is left out."""
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise GuestStreamError(f"stream begins with {data[:8]!r}: expected {MAGIC!r}")
    if len(data) > _MOST_BYTES:
        raise GuestStreamError(
            f"stream has {len(data)} bytes, expected at most {_MOST_BYTES}: lower the trace's bounds"
        )
    view, at = memoryview(data), len(MAGIC)
    while at + _HEAD.size <= len(data):
        letter, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + size > len(data):
            return
        yield letter.decode("latin-1"), view[at : at + size]
        at += size


def read_events(payload: memoryview) -> EventBlock:
    """Return the columns of an event block; raise `GuestStreamError` when its sizes do not add up."""
    if len(payload) < _SIZES.size:
        raise GuestStreamError(f"event block has {len(payload)} bytes, expected at least {_SIZES.size}")
    events, changes, size, *widths = _SIZES.unpack_from(payload)
    if not set(widths) <= set(_TYPES):
        raise GuestStreamError(f"event block has columns {widths!r} bytes wide, expected 1, 2 or 4")
    shapes = list(zip((1, *widths), (events, events, events, events, changes, changes), strict=True))
    expected = _SIZES.size + sum(width * length for width, length in shapes) + size
    if expected != len(payload):
        raise GuestStreamError(f"event block has {len(payload)} bytes, expected {expected} by its own sizes")
    columns, at = [], _SIZES.size
    for width, length in shapes:
        columns.append(np.frombuffer(payload[at : at + width * length], _TYPES[width]))
        at += width * length
    kind, code, line, count, name, lengths = columns
    if lengths.sum(dtype=np.int64) != size or count.sum(dtype=np.int64) != changes:
        raise GuestStreamError("event block has changes or texts that do not add up to its own sizes")
    return EventBlock(
        kind_E=kind, code_E=code, line_E=line, count_E=count, name_C=name, length_C=lengths, text=payload[at:]
    )


def read_json(letter: str, payload: memoryview) -> Any:
    """Return the JSON value of a block that has one; raise `GuestStreamError` when it is none."""
    try:
        return json.loads(bytes(payload))
    except (ValueError, RecursionError) as error:
        raise refused(letter, bytes(payload[:80])) from error


def refused(letter: str, found: object) -> GuestStreamError:
    """Return the error for a block whose content is not of the stream's form."""
    return GuestStreamError(f"guest block {letter!r} holds {str(found)[:80]!r}, which is not of the stream's form")


def clean(text: str) -> str:
    """Return the text with lone surrogates, which UTF-8 cannot hold, spelt out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
