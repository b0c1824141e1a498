"""Executed rewards on the sample project."""

import json

from collectors.entry_points import functions_of
from collectors.function_calls import CallSettings, CallTracer
from collectors.function_inputs import FunctionCall
from collectors.repository_traces import CutSettings, RepositoryTracer
from collectors.tracing import TraceLimits
from images.local_container import LocalContainer
from pipelines.output_environment import OutputEnvironment
from tests.collectors.test_repository_traces import FILES, REACHED
from tests.collectors.test_tracing import SOURCES, TREE
from tests.trajectories.test_rows import ORIGIN
from trajectories.trace_table import traces_of
from trajectories.trajectory import Trajectory


def _environment(local: LocalContainer) -> OutputEnvironment:
    tracer = RepositoryTracer(local, FILES, TraceLimits(), CutSettings(step_in=0.0), digest=TREE.digest)
    made = [pair for columns in tracer.trace(REACHED).columns for pair in traces_of(columns)]
    found = [Trajectory(id=f"{t.entry} {o}", origin=ORIGIN, outcome=o, trace=t) for t, o in made]
    return OutputEnvironment(found, {"ledger": local})


def test_answers_are_rewarded_by_execution(local: LocalContainer) -> None:
    environment = _environment(local)
    keys = [question.key for question in environment.questions()]
    assert keys == ["ledger.py:balance returned", "ledger.py:largest returned"]
    answers = ['"7"', '"8"', "", "7", '"7']
    assert environment.rewards([(keys[0], answer) for answer in answers]) == [1.0, -1.0, -1.0, -1.0, -1.0]


def test_a_call_that_cannot_be_made_is_no_reward(local: LocalContainer) -> None:
    environment = _environment(local)
    key = environment.questions()[0].key
    local.put({"ledger.py": b"raise ImportError\n"})
    assert environment.rewards([(key, json.dumps("7"))]) == [None]


def test_a_traced_call_is_made_again_as_it_stands(local: LocalContainer) -> None:
    function = next(f for f in functions_of("ledger.py", SOURCES["ledger.py"]) if f.name == "largest")
    tracer = CallTracer(local, SOURCES, TraceLimits(), CallSettings(), digest=TREE.digest)
    (found,) = tracer.trace([FunctionCall(function=function, arguments="[('a', 2), ('b', 7.5)]")])
    made = Trajectory(id="call", origin=ORIGIN, outcome=found.outcome, trace=found.trace)
    environment = OutputEnvironment([made], {"ledger": local})
    (question,) = environment.questions()
    truth = found.trace.result.value if found.trace.result else ""
    assert environment.rewards([(question.key, json.dumps(truth)), (question.key, '"nothing"')]) == [1.0, -1.0]
