"""Trace table: traces whose frames are columns, as an Arrow table of the trajectories' schema."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import pyarrow as pa

from trajectories.frame import FrameKind
from trajectories.frame_columns import FrameColumns, frames_array
from trajectories.origin import Origin
from trajectories.rows import trace_from_row
from trajectories.schema import TRAJECTORIES
from trajectories.trace_record import Trace
from trajectories.trajectory import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHead:
    """All of a trace but its frames, which are those of trace `number` of the columns."""

    number: int
    id: str
    outcome: Outcome
    entry: str
    source: str
    cut: str | None
    values_cut: int
    engine: str
    python: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceColumns:
    """Recorded traces: a head for each that is kept, and the frames of all."""

    heads: Sequence[TraceHead]
    frames: FrameColumns


def trace_table(traces: TraceColumns, origin: Origin) -> pa.Table:
    """Return one row for each head: the rows that `to_row` makes of the same traces, with dictionary-encoded columns."""
    heads = traces.heads
    made = {
        "id": pa.array([head.id for head in heads], pa.string()),
        "outcome": pa.array([str(head.outcome) for head in heads], pa.string()),
        "trace": _trace_array(traces),
        "episode": pa.nulls(len(heads), TRAJECTORIES.field("episode").type),
    }
    for name, value in {"kind": "trace", **asdict(origin)}.items():
        made[name] = pa.repeat(pa.scalar(value, TRAJECTORIES.field(name).type), len(heads))
    return pa.table({field.name: made[field.name] for field in TRAJECTORIES}, metadata=TRAJECTORIES.metadata)


def traces_of(traces: TraceColumns) -> list[tuple[Trace, Outcome]]:
    """Return the traces as objects, each with how its run ended."""
    rows = _trace_array(traces).to_pylist()
    return [(trace_from_row(row), head.outcome) for row, head in zip(rows, traces.heads, strict=True)]


def ended_by(columns: FrameColumns) -> list[FrameKind | None]:
    """Return for each trace the kind of the frame that ended its entry function, None where none did."""
    kinds, ends = tuple(FrameKind), []
    ended_F = columns.leaves_F & (columns.depth_F == 0)
    for first, end in pairwise(columns.starts_T.tolist()):
        ends.append(kinds[columns.kind_F[end - 1]] if end > first and ended_F[end - 1] else None)
    return ends


def _trace_array(traces: TraceColumns) -> pa.StructArray:
    numbers = [head.number for head in traces.heads]
    frames = frames_array(traces.frames)
    if numbers != list(range(len(frames))):
        frames = frames.take(pa.array(numbers, pa.int64()))
    arrays = {}
    for field in TRAJECTORIES.field("trace").type:
        if field.name == "frames":
            arrays[field.name] = frames
        else:
            arrays[field.name] = pa.array([getattr(head, field.name) for head in traces.heads], field.type)
    return pa.StructArray.from_arrays(list(arrays.values()), list(arrays))
