"""Trajectories to Arrow rows and back, without loss."""

from dataclasses import asdict
from typing import Any

from trajectories.ends import Cause
from trajectories.episode import Episode, Step
from trajectories.frame import Frame, FrameKind
from trajectories.origin import Origin
from trajectories.state_changes import OpenStates, changed_state, changes_between
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
        "trace": trace_to_row(trajectory.trace) if trajectory.trace else None,
        "episode": _episode_to_row(trajectory.episode) if trajectory.episode else None,
    }


def from_row(row: Row) -> Trajectory:
    """Return the trajectory that `to_row` made this row of."""
    return Trajectory(
        id=row["id"],
        origin=Origin(**{name: row[name] for name in Origin.__slots__}),
        outcome=Outcome(row["outcome"]),
        trace=trace_from_row(row["trace"]) if row["trace"] else None,
        episode=_episode_from_row(row["episode"]) if row["episode"] else None,
    )


def _named(texts: dict[str, str]) -> list[Row]:
    return [{"name": name, "text": text} for name, text in texts.items()]


def trace_to_row(trace: Trace) -> Row:
    """Return the row's `trace`: of every frame what changed in its scope."""
    row = {field: getattr(trace, field) for field in Trace.__slots__}
    states = OpenStates()
    row["frames"] = [_frame_to_row(frame, states) for frame in trace.frames]
    return row


def _frame_to_row(frame: Frame, states: OpenStates) -> Row:
    row: Row = {field: getattr(frame, field) for field in Frame.__slots__ if field != "locals"}
    row["kind"], row["changed"] = str(frame.kind), []
    if frame.value is None:
        changes = changes_between(states.at(frame.kind, frame.depth), frame.locals)
        row["changed"] = [{"name": name, "text": text} for name, text in changes]
        states.replaced(frame.depth, frame.locals)
    return row


def trace_from_row(row: Row) -> Trace:
    """Return the trace of a row's `trace`, every frame with its whole state."""
    states = OpenStates()
    frames = tuple(_frame_from_row(stored, states) for stored in row["frames"])
    return Trace(**{**row, "frames": frames})


def _frame_from_row(row: Row, states: OpenStates) -> Frame:
    kind, depth = FrameKind(row["kind"]), row["depth"]
    state: dict[str, str] = {}
    if row["value"] is None:
        state = changed_state(states.at(kind, depth), ((e["name"], e["text"]) for e in row["changed"]))
        states.replaced(depth, state)
    kept = {field: row[field] for field in Frame.__slots__ if field not in ("kind", "locals")}
    return Frame(kind=kind, locals=state, **kept)


def _episode_to_row(episode: Episode) -> Row:
    row = {name: getattr(episode, name) for name in Episode.__slots__}
    row["judged"] = _named(episode.judged)
    row["cause"], row["reward_valid"] = str(episode.cause), episode.reward_valid
    row["flags"] = list(episode.flags)
    row["steps"] = [{**asdict(step), "arguments": _named(step.arguments)} for step in episode.steps]
    return row


def _episode_from_row(row: Row) -> Episode:
    named = {
        **{name: row[name] for name in Episode.__slots__},
        "cause": Cause(row["cause"]),
        "flags": tuple(row["flags"]),
        "judged": {e["name"]: e["text"] for e in row["judged"]},
        "steps": tuple(
            Step(**{**step, "arguments": {e["name"]: e["text"] for e in step["arguments"]}}) for step in row["steps"]
        ),
    }
    return Episode(**named)
