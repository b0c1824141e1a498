"""Version 1: rows of trajectories as the first version of the schema stored them, as rows of today's."""

from typing import Any

from trajectories.frame import Frame, FrameKind
from trajectories.rows import trace_to_row
from trajectories.scope_state import ScopeStates
from trajectories.trace_record import Trace

Row = dict[str, Any]


def upgraded(row: Row) -> Row:
    """Return the row in today's form; one that holds no trace is the same in both."""
    return {**row, "trace": _upgraded_trace(row["trace"])} if row.get("trace") else row


def _upgraded_trace(row: Row) -> Row:
    states = ScopeStates()
    frames = []
    for stored in row["frames"]:
        kind = FrameKind(stored["kind"])
        known = states.known(kind, stored["depth"])
        # A null text says: unchanged since the last frame of the same scope.
        state = {e["name"]: known[e["name"]] if e["text"] is None else e["text"] for e in stored["locals"]}
        kept = {name: stored[name] for name in ("depth", "line_number", "source_line", "value")}
        frames.append(Frame(kind=kind, locals=state, **kept))
        states.enter(frames[-1])
    return trace_to_row(Trace(**{**row, "frames": tuple(frames)}))
