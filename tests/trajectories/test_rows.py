"""Trajectories as Arrow rows."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.random_traces import traces
from trajectories.ends import Cause
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


STEP = Step(thought="t", tool="bash", arguments={"body": "ls"}, observation="é", exit_code=None, seconds=0.5)
MEASURED = replace(STEP, output_digest="d", output_bytes=7, tree_digest="e", model_calls=2, prompt_tokens=5)
TEXTS = {"task_id": "t", "policy": "p", "goal": "g", "ended_by": "submit", "patch": ""}
SOLVED = Episode(**TEXTS, cause=Cause.SOLVED, steps=(STEP, MEASURED), judged={"a": "passed"}, reward=1.0)
FAULT = replace(
    SOLVED, cause=Cause.MODEL_FAULT, judged={}, reward=None, reason="status 500", start_digest="s", cost=0.5
)


@pytest.mark.parametrize(("episode", "outcome"), [(SOLVED, Outcome.SOLVED), (FAULT, Outcome.INVALID)])
def test_an_episode_survives_the_store(episode: Episode, outcome: Outcome, tmp_path: Path) -> None:
    trajectory = Trajectory(id="b", origin=ORIGIN, outcome=outcome, episode=episode)
    store = Store(tmp_path, "episodes")
    store.commit("b", [to_row(trajectory)])
    assert [from_row(row) for row in store.rows()] == [trajectory]
    assert [row["episode"]["reward_valid"] for row in store.rows()] == [outcome is Outcome.SOLVED]
