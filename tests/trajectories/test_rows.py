"""Trajectories as Arrow rows."""

from pathlib import Path

from hypothesis import given, settings

from tests.random_traces import traces
from trajectories.episode import Episode, Step
from trajectories.origin import Origin
from trajectories.rows import from_row, to_row
from trajectories.store import Store
from trajectories.trace_record import Trace
from trajectories.trajectory import Outcome, Trajectory

ORIGIN = Origin(
    repository="ledger",
    source_digest="d",
    licence="MIT",
    image="i",
    python_version="3.11",
    collector="c",
    seed=0,
    split="train",
)


@settings(max_examples=100, deadline=None)
@given(traces())
def test_a_trace_survives_being_a_row(trace: Trace) -> None:
    trajectory = Trajectory(id="a", origin=ORIGIN, outcome=Outcome.RETURNED, trace=trace)
    assert from_row(to_row(trajectory)) == trajectory


def test_an_episode_survives_the_store(tmp_path: Path) -> None:
    step = Step(thought="t", tool="bash", arguments={"body": "ls"}, observation="é", exit_code=None, seconds=0.5)
    episode = Episode(
        task_id="t",
        policy="p",
        goal="g",
        steps=(step,),
        ended_by="submit",
        patch="",
        judged={"a": "passed"},
        reward=1.0,
    )
    trajectory = Trajectory(id="b", origin=ORIGIN, outcome=Outcome.SOLVED, episode=episode)
    store = Store(tmp_path, "episodes")
    store.commit("b", [to_row(trajectory)])
    assert [from_row(row) for row in store.rows()] == [trajectory]
