"""The plain decoder: one object for each event, as the stream's description says; what the fast one must equal."""

import json
import struct
from array import array
from typing import Any

from collectors.stream_blocks import streams
from trajectories.frame import Frame, FrameKind

_CODES = {1: "B", 2: "H", 4: "I"}
_LEAVING = ("return", "exception")


# What happened, its frame, and how many bytes its texts have.
Event = tuple[str, Frame | None, int]


def reference_frames(data: bytes) -> list[tuple[Frame, ...]]:
    """Return the frames of each trace of a stream that is whole; source lines are `FILE:NUMBER`."""
    return [tuple(frame for _, frame, _ in events if frame) for events in reference_events(data)]


def reference_events(data: bytes) -> list[list[Event]]:
    """Return the events of each trace of a file that is whole, of all its streams; unwinding has no frame."""
    return [events for stream in streams(data) for events in _stream_events(stream)]


def _stream_events(data: bytes) -> list[list[Event]]:
    traces: list[list[Event]] = []
    codes: list[Any] = []
    names: list[str] = []
    scopes: list[dict[str, str]] = []
    at = 8
    while at < len(data):
        letter, size = chr(data[at]), struct.unpack_from("<I", data, at + 1)[0]
        payload = data[at + 5 : at + 5 + size]
        at += 5 + size
        if letter == "X":
            for event in _events(payload):
                _take(traces[-1], scopes, names, codes, event)
        elif letter == "B":
            traces.append([])
            scopes.clear()
        elif letter in "CN":
            (codes if letter == "C" else names).append(json.loads(payload))
    return traces


def _events(payload: bytes) -> list[tuple[str, int, int, list[tuple[int, str]]]]:
    events, changes, _, *widths = struct.unpack_from("<III5B", payload)
    at, columns = 17, []
    for width, count in zip((1, *widths), (events, events, events, events, changes, changes), strict=True):
        columns.append(array(_CODES[width], payload[at : at + width * count]))
        at += width * count
    texts = []
    for length in columns[5]:
        texts.append(payload[at : at + length].decode())
        at += length
    found, changed = [], list(zip(columns[4], texts, strict=True))
    for kind, code, line, count in zip(*columns[:4], strict=True):
        found.append(([*FrameKind, "unwind"][kind], code, line, changed[:count]))
        del changed[:count]
    return found


def _take(
    events: list[Event], scopes: list[dict[str, str]], names: list[str], codes: list[Any], event: tuple[Any, ...]
) -> None:
    kind, code, line, changes = event
    if kind == "unwind":
        scopes.pop()
        events.append((kind, None, 0))
        return
    if kind == "call":
        scopes.append({})
    state: dict[str, str] = {}
    if kind not in _LEAVING:
        for number, text in changes:
            if text:
                scopes[-1][names[number]] = text
            else:
                del scopes[-1][names[number]]
        state = dict(scopes[-1])
    file, function, _ = codes[code]
    frame = Frame(
        kind=FrameKind(kind),
        depth=len(scopes) - 1,
        line_number=line,
        source_line=f"{file}:{line}\n",
        locals=state,
        value=changes[0][1] if kind in _LEAVING else None,
        file=file,
        function=function,
    )
    events.append((kind, frame, sum(len(text.encode()) for _, text in changes)))
    if kind == "return":
        scopes.pop()
