"""Events: what a guest's stream tells, all traces together in columns, with no Python object for an event."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Any

import numpy as np

from collectors.errors import GuestStreamError
from collectors.stream_blocks import EventBlock, blocks, clean, read_events, read_json, refused, streams

CALL, LINE, RETURN, EXCEPTION, UNWIND = range(5)
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSeen:
    """A code object that a trace ran: its file as the interpreter named it, qualified name and first line."""

    file: str
    name: str
    first_line: int


@dataclass(slots=True, kw_only=True)
class TraceSeen:
    """One trace of a stream: what it began with, its first event, and what was cut; `killed` where no end came.

    `stream` is the place of the thread's stream among those of its file, `thread` the thread's name.
    """

    attributes: dict[str, Any]
    engine: str
    python: str
    thread: str
    stream: int
    first: int
    cut: str | None = "killed"
    values_cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """E events of T traces with C changes; the text of change c is text[offsets_C[c]:offsets_C[c + 1]], valid UTF-8.

    The events of trace t are starts_T[t] to starts_T[t + 1]; depth_E is 0 in the entry function.
    """

    starts_T: np.ndarray
    kind_E: np.ndarray
    code_E: np.ndarray
    line_E: np.ndarray
    count_E: np.ndarray
    depth_E: np.ndarray
    name_C: np.ndarray
    offsets_C: np.ndarray
    text: bytes


@dataclass(slots=True, kw_only=True)
class Stream:
    """The traces, codes and names of a stream in the order of their blocks, and the events of all traces.

    `sources` has texts of files that lie on no disk; of several with one name the later ones have a number behind it.
    """

    traces: list[TraceSeen] = field(default_factory=list)
    codes: list[CodeSeen] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    events: Events


def read_stream(data: bytes) -> Stream:
    """Return what a file tells up to where it ends; raise `GuestStreamError` for what no guest of ours writes.

    The traces of the file's own stream come first, then those of other threads.
    """
    reader = _Reader()
    for number, stream in enumerate(streams(data)):
        reader.begin(number)
        for letter, payload in blocks(stream):
            reader.take(letter, payload)
    events = _joined(reader.parts, [trace.first for trace in reader.traces])
    return Stream(traces=reader.traces, codes=reader.codes, names=reader.names, sources=reader.sources, events=events)


class _Reader:
    def __init__(self) -> None:
        self.traces: list[TraceSeen] = []
        self.codes: list[CodeSeen] = []
        self.names: list[str] = []
        self.parts: list[EventBlock] = []
        self.sources: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._events = 0
        self._open: TraceSeen | None = None

    def begin(self, stream: int) -> None:
        """Read another stream, whose codes and names are numbered anew."""
        self._stream = stream
        self._open = None
        self._about = ("", "", "")
        self._codes, self._names = len(self.codes), len(self.names)
        self._files = {}

    def take(self, letter: str, payload: memoryview) -> None:
        if letter == "X":
            self._take_events(read_events(payload))
            return
        takers = {
            "H": self._header,
            "C": self._code,
            "S": self._source,
            "N": self._name,
            "B": self._begin,
            "E": self._end,
        }
        if letter not in takers:
            raise refused(letter, bytes(payload[:80]))
        value = read_json(letter, payload)
        if not takers[letter](value):
            raise refused(letter, value)

    def _take_events(self, part: EventBlock) -> None:
        if self._open is None:
            raise GuestStreamError(f"block of {len(part.kind_E)} events stands outside every trace")
        announced = len(self.codes) - self._codes
        if len(part.code_E) and part.code_E.max() >= announced:
            raise GuestStreamError(f"event of code {part.code_E.max()}, expected one of the {announced} announced")
        if self._stream:
            part = self._renumbered(part)
        self._events += len(part.kind_E)
        self.parts.append(part)

    def _renumbered(self, part: EventBlock) -> EventBlock:
        """Return the block with codes and names numbered as in all streams; name 0 of an event that leaves is no name."""
        if part.name_C.max(initial=0) >= max(1, len(self.names) - self._names):
            raise GuestStreamError(f"change of name {part.name_C.max()}, which its thread's stream has not announced")
        code, name = part.code_E.astype(np.int64) + self._codes, part.name_C.astype(np.int64) + self._names
        return replace(part, code_E=code, name_C=name)

    def _header(self, value: Any) -> bool:
        fits = type(value) is dict and type(value.get("engine")) is str and type(value.get("python")) is str
        if fits:
            self._about = (clean(value["engine"]), clean(value["python"]), clean(str(value.get("name", ""))))
        return fits

    def _code(self, value: Any) -> bool:
        fits = type(value) is list and [type(part) for part in value] == [str, str, int] and 0 <= value[2] <= _MOST
        if fits:
            file = self._files.get(value[0], clean(value[0]))
            self.codes.append(CodeSeen(file=file, name=clean(value[1]), first_line=value[2]))
        return fits

    def _source(self, value: Any) -> bool:
        fits = type(value) is list and [type(part) for part in value] == [str, str]
        if fits:
            file, text = clean(value[0]), clean(value[1])
            names = chain([file], (f"{file} {number}" for number in count(2)))
            name = next(name for name in names if self.sources.get(name, text) == text)
            self.sources[name] = text
            self._files[value[0]] = name
        return fits

    def _name(self, value: Any) -> bool:
        if type(value) is str:
            self.names.append(clean(value))
        return type(value) is str

    def _begin(self, value: Any) -> bool:
        if type(value) is dict:
            engine, python, thread = self._about
            self._open = TraceSeen(
                attributes=value, engine=engine, python=python, thread=thread, stream=self._stream, first=self._events
            )
            self.traces.append(self._open)
        return type(value) is dict

    def _end(self, value: Any) -> bool:
        if self._open is None or type(value) is not dict:
            return False
        cut, short = value.get("cut", 0), value.get("values_cut")
        if not (cut is None or isinstance(cut, str)) or type(short) is not int or not 0 <= short <= _MOST:
            return False
        self._open.cut, self._open.values_cut = cut if cut is None else clean(cut), short
        self._open = None
        return True


def _joined(parts: Sequence[EventBlock], firsts: Sequence[int]) -> Events:
    """Return the columns of all blocks as one, checked."""
    columns = {name: _column(parts, name) for name in ("kind_E", "code_E", "line_E", "count_E", "name_C", "length_C")}
    kind, count, lengths = columns["kind_E"], columns["count_E"], columns.pop("length_C")
    leaves = (kind == RETURN) | (kind == EXCEPTION)
    if kind.max(initial=0) > UNWIND:
        raise GuestStreamError(f"event of kind {kind.max()}, expected 0 to {UNWIND}")
    if (count[leaves] != 1).any() or count[kind == UNWIND].any():
        raise GuestStreamError("event that leaves a scope with changes, expected one for a value and none without")
    if columns["line_E"].max(initial=0) > _MOST:
        raise GuestStreamError(f"event in line {columns['line_E'].max()}, expected at most {_MOST}")
    starts = np.array([*firsts, len(kind)], np.int64)
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    text = b"".join(part.text for part in parts)
    _check_utf8(text, offsets)
    return Events(starts_T=starts, depth_E=_depths(kind, starts), offsets_C=offsets, text=text, **columns)


def _column(parts: Sequence[EventBlock], name: str) -> np.ndarray:
    wide = np.uint8 if name == "kind_E" else np.int64
    found = [getattr(part, name) for part in parts]
    return np.concatenate(found, dtype=wide) if found else np.zeros(0, wide)


def _depths(kind_E: np.ndarray, starts_T: np.ndarray) -> np.ndarray:
    """Return the depth of each event: the calls up to it less the scopes left before it, within its trace."""
    left = (kind_E == RETURN) | (kind_E == UNWIND)
    depth = np.cumsum(kind_E == CALL) - np.cumsum(left) + left
    # What earlier traces left open does not count.
    openings = np.concatenate(([0], depth - left))[starts_T[:-1]]
    depth -= np.repeat(openings, np.diff(starts_T)) + 1
    if depth.min(initial=0) < 0:
        raise GuestStreamError("event that stands outside every call of its trace")
    return depth


def _check_utf8(text: bytes, offsets_C: np.ndarray) -> None:
    """Raise `GuestStreamError` unless the text between any two offsets is valid UTF-8."""
    if text.isascii():
        return
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise GuestStreamError(
            f"text is no UTF-8: {error.reason} at byte {error.start} of the stream's texts"
        ) from error
    starts = np.frombuffer(text, np.uint8)[offsets_C[offsets_C < len(text)]]
    if (starts & 0xC0 == 0x80).any():
        raise GuestStreamError("text that begins in the middle of a character")
