"""Shards of schema version 1, as an earlier release wrote them, still read."""

import hashlib
from pathlib import Path

from trajectories.ends import Cause
from trajectories.episode import Episode, Step
from trajectories.frame import Frame, FrameKind
from trajectories.origin import Origin
from trajectories.rows import from_row
from trajectories.shard import read_shard
from trajectories.trace_record import Trace
from trajectories.trajectory import Outcome, Trajectory

SHARD = Path(__file__).parent / "version_1.parquet"


def _frame(kind: str, depth: int, line: int, shown: dict[str, str] | str) -> Frame:
    value = shown if isinstance(shown, str) else None
    state = {} if isinstance(shown, str) else shown
    text = f"    line {line}\n"
    return Frame(kind=FrameKind(kind), depth=depth, line_number=line, source_line=text, locals=state, value=value)


def trajectories() -> list[Trajectory]:
    """Return what the shard holds: a trace with a rebound, a deleted and an unchanged name, and an episode."""
    names = ("repository", "source_digest", "licence", "image", "python_version", "collector", "split")
    origin = Origin(**{name: name for name in names}, seed=3)
    frames = (
        _frame("call", 0, 1, {"xs": "[2]", "é": "'é'"}),
        _frame("line", 0, 2, {"xs": "[2]", "é": "'é'"}),
        _frame("call", 1, 7, {"n": "2"}),
        _frame("exception", 1, 8, "KeyError: 'n'"),
        _frame("line", 0, 3, {"xs": "[2]", "n": "2"}),
        _frame("line", 0, 4, {"xs": "[2, 3]", "n": "2"}),
        _frame("return", 0, 4, "None"),
    )
    trace = Trace(entry="a.py:f", source="\ndef f():\n", frames=frames, cut="events", values_cut=2)
    step = Step(thought="t", tool="bash", arguments={"body": "ls"}, observation="é", exit_code=0, seconds=0.5)
    texts = {name: name for name in ("task_id", "policy", "goal", "ended_by", "patch")}
    episode = Episode(**texts, cause=Cause.SOLVED, steps=(step,), judged={"a": "passed"}, reward=1.0)
    return [
        Trajectory(id="a", origin=origin, outcome=Outcome.CUT, trace=trace),
        Trajectory(id="b", origin=origin, outcome=Outcome.SOLVED, episode=episode),
    ]


def test_a_version_1_shard_reads_as_it_was_written() -> None:
    digest = hashlib.sha256(SHARD.read_bytes()).hexdigest()
    assert [from_row(row) for row in read_shard(SHARD, sha256=digest)] == trajectories()
