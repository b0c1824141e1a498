"""Streams made by hand, block by block: right ones, and ones that no guest writes."""

import json
import struct

from trajectories.origin import Origin

_TEXT = ("repository", "source_digest", "licence", "image", "python_version", "collector", "split")
ORIGIN = Origin(**{name: name for name in _TEXT}, seed=0)


def block(letter: str, payload: object) -> bytes:
    """Return a block of a JSON value, or of bytes as they are."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return letter.encode() + struct.pack("<I", len(data)) + data


def event_block(*columns: list[int], text: bytes = b"") -> bytes:
    """Return an event block of these columns, each a byte wide."""
    sizes = struct.pack("<III5B", len(columns[0]), len(columns[4]), len(text), 1, 1, 1, 1, 1)
    return block("X", sizes + b"".join(map(bytes, columns)) + text)


START = b"WLTRACE2" + block("H", {"engine": "e", "python": "3"}) + block("C", ["a.py", "f", 1]) + block("N", "x")
OPEN = START + block("B", {"id": "0"})
