"""Tracing: the bounds of traces, and the traces with their source context that streams hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.events import Stream, TraceSeen, read_stream
from collectors.program_layout import laid_out
from collectors.source_context import SourceTexts
from collectors.stream_frames import codes_of, frame_columns
from trajectories.frame import FrameKind
from trajectories.trace_table import TraceColumns, TraceHead, ended_by
from trajectories.trajectory import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLimits:
    """Bounds of tracing: steps and bytes of one trace, nesting, traces from tests of one function and of one repository."""

    events: int = 400
    size: int = 200_000
    depth: int = 3
    per_function: int = 2
    per_repository: int = 120

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A trace of a stream that is kept: its number there, its id, its entry function and the source that it shows."""

    number: int
    id: str
    entry: str
    source: str


def decode(data: bytes, entries: Mapping[str, str], texts: SourceTexts) -> TraceColumns:
    """Return the traces of a stream whose ids are keys of `entries`, which maps them to entry functions, in that order.

    A trace without an end (the process died) is kept and says `cut="killed"`; one without a frame is left out; of two with
    one id the later is kept. Raises `GuestStreamError` for what no guest of ours writes.
    """
    stream = laid_out(read_stream(data))
    texts = texts.with_missing(stream.sources)
    codes, numbers = codes_of(stream), {}
    for number, trace in enumerate(stream.traces):
        trace_id = trace.attributes.get("id")
        if isinstance(trace_id, str) and codes[number]:
            numbers[trace_id] = number
    kept = [
        Named(number=numbers[key], id=key, entry=entry, source=texts.context(codes[numbers[key]]))
        for key, entry in entries.items()
        if key in numbers
    ]
    return trace_columns(stream, kept, texts)


def trace_columns(stream: Stream, kept: Sequence[Named], texts: SourceTexts) -> TraceColumns:
    """Return these traces of the stream, in this order."""
    frames = frame_columns(stream, texts.line, texts.shown)
    ends = ended_by(frames)
    heads = [
        TraceHead(
            number=named.number,
            id=named.id,
            outcome=_outcome(stream.traces[named.number], ends[named.number]),
            entry=named.entry,
            source=named.source,
            cut=stream.traces[named.number].cut,
            values_cut=stream.traces[named.number].values_cut,
            engine=stream.traces[named.number].engine,
            python=stream.traces[named.number].python,
        )
        for named in kept
    ]
    return TraceColumns(heads=heads, frames=frames)


def _outcome(seen: TraceSeen, end: FrameKind | None) -> Outcome:
    """Return how the run of a trace ended."""
    if end is None or seen.cut:
        return Outcome.CUT
    return Outcome.RETURNED if end is FrameKind.RETURN else Outcome.RAISED
