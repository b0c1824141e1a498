"""Executed rewards on the sample project."""

import json

from collectors.tracing import TraceLimits, plan_traces, record_traces
from images.local_container import LocalContainer
from pipelines.output_environment import OutputEnvironment
from tests.collectors.test_tracing import SOURCES, TREE, _map
from tests.trajectories.test_rows import ORIGIN
from trajectories.trajectory import Trajectory


def _environment(local: LocalContainer) -> OutputEnvironment:
    plans = plan_traces(TREE.digest, _map(local), TraceLimits())
    made = record_traces(local, plans, SOURCES, TraceLimits())
    found = [Trajectory(id=p.test, origin=ORIGIN, outcome=made[p.id][1], trace=made[p.id][0]) for p in plans]
    return OutputEnvironment(found, {"ledger": local})


def test_answers_are_rewarded_by_execution(local: LocalContainer) -> None:
    environment = _environment(local)
    keys = [question.key for question in environment.questions()]
    assert [key.split("::")[1] for key in keys] == ["test_balance_adds", "test_largest"]
    answers = ['"7"', '"8"', "", "7", '"7']
    assert environment.rewards([(keys[0], answer) for answer in answers]) == [1.0, -1.0, -1.0, -1.0, -1.0]


def test_a_call_that_cannot_be_made_is_no_reward(local: LocalContainer) -> None:
    environment = _environment(local)
    key = environment.questions()[0].key
    local.put({"ledger.py": b"raise ImportError\n"})
    assert environment.rewards([(key, json.dumps("7"))]) == [None]
