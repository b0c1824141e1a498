"""Events to frames: decodes the guest's binary stream, which it never evaluates, into the frames of traces.

The form of the stream stands in guest/worldline_stream.py.
"""

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from collectors.errors import GuestStreamError
from trajectories.frame import Frame, FrameKind

MAGIC = b"WLTRACE2"
_KINDS = (FrameKind.CALL, FrameKind.LINE, FrameKind.RETURN, FrameKind.EXCEPTION)
_UNWIND = 4
_TYPES = {1: "<u1", 2: "<u2", 4: "<u4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSeen:
    """A code object that a trace ran: its file as the interpreter named it, qualified name and first line."""

    file: str
    name: str
    first_line: int


@dataclass(slots=True, kw_only=True)
class DecodedTrace:
    """One trace of the stream: what it began with, its frames, the codes it ran, and what was cut."""

    attributes: dict[str, Any]
    engine: str = ""
    frames: list[Frame] = field(default_factory=list)
    codes: dict[CodeSeen, None] = field(default_factory=dict)
    cut: str | None = "killed"
    values_cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """One block of events in columns: E events, C changes, and the texts of the changes with their C + 1 offsets."""

    kind_E: np.ndarray
    code_E: np.ndarray
    line_E: np.ndarray
    count_E: np.ndarray
    name_C: np.ndarray
    offsets_C: np.ndarray
    text: bytes


def read_events(payload: bytes) -> Events:
    """Return the columns of an event block; raise `ValueError` when its sizes do not add up."""
    events, changes, size, *widths = struct.unpack_from("<III5B", payload)
    columns, at = [], struct.calcsize("<III5B")
    for width, length in zip((1, *widths), (events, events, events, events, changes, changes), strict=True):
        columns.append(np.frombuffer(payload, _TYPES[width], length, at))
        at += width * length
    kind, code, line, count, name, lengths = columns
    offsets = np.zeros(changes + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if at + size != len(payload) or offsets[-1] != size or count.sum(dtype=np.int64) != changes:
        raise ValueError("the sizes of an event block do not add up")
    return Events(
        kind_E=kind, code_E=code, line_E=line, count_E=count, name_C=name, offsets_C=offsets, text=payload[at:]
    )


def blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield letter and payload of each whole block; the torn one at the end of a killed stream is left out."""
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise GuestStreamError(f"stream begins with {data[:8]!r}: expected {MAGIC!r}")
    at = len(MAGIC)
    while at + 5 <= len(data):
        letter, size = struct.unpack_from("<cI", data, at)
        if at + 5 + size > len(data):
            return
        yield letter.decode("latin-1"), data[at + 5 : at + 5 + size]
        at += 5 + size


def decode(data: bytes, source_line: Callable[[str, int], str]) -> list[DecodedTrace]:
    """Return the traces of a stream; `source_line(file, number)` gives a line with its newline.

    A trace without an end (the process died) is kept and says `cut="killed"`. Raises `GuestStreamError` for what no guest
    of ours writes.
    """
    decoder = _Decoder(source_line)
    for letter, payload in blocks(data):
        try:
            decoder.take(letter, payload)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, struct.error) as error:
            raise GuestStreamError(f"guest block {letter!r} {payload[:80]!r} is not of the stream's form") from error
    return decoder.traces


class _Decoder:
    def __init__(self, source_line: Callable[[str, int], str]) -> None:
        self.traces: list[DecodedTrace] = []
        self._source_line = source_line
        self._engine = ""
        self._codes: list[CodeSeen] = []
        self._names: list[str] = []
        self._scopes: list[dict[str, str]] = []

    def take(self, letter: str, payload: bytes) -> None:
        if letter == "X":
            self._events(read_events(payload))
            return
        value = json.loads(payload)
        if letter == "H":
            self._engine = str(value["engine"])
        elif letter == "C":
            self._codes.append(CodeSeen(file=str(value[0]), name=str(value[1]), first_line=int(value[2])))
        elif letter == "N":
            self._names.append(str(value))
        elif letter == "B":
            self.traces.append(DecodedTrace(attributes=dict(value), engine=self._engine))
            self._scopes = []
        elif letter == "E":
            self.traces[-1].cut, self.traces[-1].values_cut = value["cut"], int(value["values_cut"])
        else:
            raise ValueError("unknown block")

    def _events(self, events: Events) -> None:
        texts = [
            events.text[a:b].decode("utf-8", "replace")
            for a, b in zip(events.offsets_C[:-1].tolist(), events.offsets_C[1:].tolist(), strict=True)
        ]
        columns = (events.kind_E, events.code_E, events.line_E, events.count_E)
        names, at = events.name_C.tolist(), 0
        for kind, code, line, count in zip(*(column.tolist() for column in columns), strict=True):
            self._step(kind, code, line, names[at : at + count], texts[at : at + count])
            at += count

    def _step(self, kind: int, code: int, line: int, names: Sequence[int], texts: Sequence[str]) -> None:
        if kind == _UNWIND:
            self._scopes.pop()
            return
        trace, seen = self.traces[-1], self._codes[code]
        trace.codes[seen] = None
        if _KINDS[kind] is FrameKind.CALL:
            self._scopes.append({})
        leaves = _KINDS[kind] in (FrameKind.RETURN, FrameKind.EXCEPTION)
        frame = Frame(
            kind=_KINDS[kind],
            depth=len(self._scopes) - 1,
            line_number=line,
            source_line=self._source_line(seen.file, line),
            locals={} if leaves else self._state(names, texts),
            value=texts[0] if leaves else None,
        )
        trace.frames.append(frame)
        if _KINDS[kind] is FrameKind.RETURN:
            self._scopes.pop()

    def _state(self, names: Sequence[int], texts: Sequence[str]) -> dict[str, str]:
        state = self._scopes[-1]
        for number, text in zip(names, texts, strict=True):
            if text:
                state[self._names[number]] = text
            else:
                del state[self._names[number]]
        return dict(state)
