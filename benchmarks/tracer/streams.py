"""Streams: what an engine wrote on a workload: a digest without the header block, events, line events and bytes."""

import hashlib
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.interpreters import Interpreter
from benchmarks.tracer.measurement import Cell, Effort, Workload, run_once

_MAGIC = 8
_LINE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One stream: `reason` says why there is none."""

    digest: str = ""
    events: int = 0
    lines: int = 0
    size: int = 0
    reason: str = ""


def read_stream(data: bytes) -> Stream:
    """Return what a stream holds; the header, which names the engine, does not count into the digest."""
    digest, events, lines, at = hashlib.sha256(), 0, 0, _MAGIC
    while at < len(data):
        letter, length = struct.unpack_from("<cI", data, at)
        payload = data[at + 5 : at + 5 + length]
        at += 5 + length
        if letter != b"H":
            digest.update(letter + payload)
        if letter == b"X":
            (count,) = struct.unpack_from("<I", payload)
            events += count
            lines += payload[17 : 17 + count].count(_LINE)
    return Stream(digest=digest.hexdigest(), events=events, lines=lines, size=len(data))


def write_stream(interpreter: Interpreter, workload: Workload, tool: str, *, short: bool = False) -> Stream:
    """Run an engine once on a workload and return what it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "stream"
        cell = Cell(workload=workload.name, tool=tool, short=short)
        times = run_once(interpreter, workload, cell, Effort(), stream=str(target))
        return Stream(reason=times.reason) if times.reason else read_stream(target.read_bytes())
