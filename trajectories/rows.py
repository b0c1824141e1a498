"""Trajectories to Arrow rows and back, without loss."""

from dataclasses import asdict
from typing import Any

from trajectories.episode import Episode, Step
from trajectories.frame import Frame, FrameKind
from trajectories.origin import Origin
from trajectories.scope_state import ScopeStates
from trajectories.trace_record import Trace
from trajectories.trajectory import Outcome, Trajectory

Row = dict[str, Any]


def to_row(trajectory: Trajectory) -> Row:
    """Return the row of the trajectories' schema that holds this trajectory."""
    return {
        "id": trajectory.id,
        "kind": trajectory.kind,
        "outcome": str(trajectory.outcome),
        **asdict(trajectory.origin),
        "trace": _trace_to_row(trajectory.trace) if trajectory.trace else None,
        "episode": _episode_to_row(trajectory.episode) if trajectory.episode else None,
    }


def from_row(row: Row) -> Trajectory:
    """Return the trajectory that `to_row` made this row of."""
    return Trajectory(
        id=row["id"],
        origin=Origin(**{name: row[name] for name in Origin.__slots__}),
        outcome=Outcome(row["outcome"]),
        trace=_trace_from_row(row["trace"]) if row["trace"] else None,
        episode=_episode_from_row(row["episode"]) if row["episode"] else None,
    )


def _named(texts: dict[str, str]) -> list[Row]:
    return [{"name": name, "text": text} for name, text in texts.items()]


def _trace_to_row(trace: Trace) -> Row:
    states = ScopeStates()
    frames = []
    for frame in trace.frames:
        known = states.enter(frame)
        changed = [{"name": n, "text": None if known.get(n) == t else t} for n, t in frame.locals.items()]
        frames.append(
            {
                "kind": str(frame.kind),
                "depth": frame.depth,
                "line_number": frame.line_number,
                "source_line": frame.source_line,
                "locals": changed,
                "value": frame.value,
            }
        )
    return {
        "entry": trace.entry,
        "source": trace.source,
        "cut": trace.cut,
        "values_cut": trace.values_cut,
        "frames": frames,
    }


def _trace_from_row(row: Row) -> Trace:
    states = ScopeStates()
    frames = []
    for stored in row["frames"]:
        kind, depth = FrameKind(stored["kind"]), stored["depth"]
        known = states.known(kind, depth)
        state = {e["name"]: known[e["name"]] if e["text"] is None else e["text"] for e in stored["locals"]}
        frame = Frame(
            kind=kind,
            depth=depth,
            line_number=stored["line_number"],
            source_line=stored["source_line"],
            locals=state,
            value=stored["value"],
        )
        states.enter(frame)
        frames.append(frame)
    return Trace(
        entry=row["entry"],
        source=row["source"],
        frames=tuple(frames),
        cut=row["cut"],
        values_cut=row["values_cut"],
    )


def _episode_to_row(episode: Episode) -> Row:
    row = {name: getattr(episode, name) for name in Episode.__slots__}
    row["judged"] = _named(episode.judged)
    row["steps"] = [{**asdict(step), "arguments": _named(step.arguments)} for step in episode.steps]
    return row


def _episode_from_row(row: Row) -> Episode:
    named = {
        **row,
        "judged": {e["name"]: e["text"] for e in row["judged"]},
        "steps": tuple(
            Step(**{**step, "arguments": {e["name"]: e["text"] for e in step["arguments"]}}) for step in row["steps"]
        ),
    }
    return Episode(**named)
