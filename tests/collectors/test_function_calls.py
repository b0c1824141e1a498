"""Function-level traces: inputs from tests, variations, and calls that are programs of their own."""

import sys

from collectors.entry_points import functions_of
from collectors.function_calls import CallSettings, CallTracer
from collectors.function_inputs import FunctionCall, literal, record_inputs, vary
from collectors.native_engine import FILE, native_for_interpreter
from collectors.tracing import TraceLimits
from images.local_container import LocalContainer
from model.render import render, to_text
from trajectories.trajectory import Outcome

SOURCE = """import random

def grade(points, scale=(50, 80), *, words=None):
    if points < 0:
        raise ValueError("negative", points)
    names = words or ["low", "mid", "high"]
    for place, bound in enumerate(scale):
        if points < bound:
            return names[place]
    return names[-1]

def roll(sides):
    return random.SystemRandom().randrange(10 ** 9)

def hang(n):
    while n:
        pass

def leave(n):
    import os
    os._exit(n)
"""
TEST = """from marks import grade, roll
def test_low(): assert grade(3) == "low"
def test_high(): assert grade(90, words=["a", "b", "c"]) == "c"
def test_object(): assert grade(type("P", (int,), {})(3)) == "low"
def test_roll():
    import os, time
    roll(6)
    roll(os.urandom(9))
    roll(int(time.time()))
"""
FUNCTIONS = {f.name: f for f in functions_of("marks.py", SOURCE)}


def _container() -> LocalContainer:
    return LocalContainer({"marks.py": SOURCE.encode(), "test_marks.py": TEST.encode()})


def _tracer(container: LocalContainer, **settings: float) -> CallTracer:
    folder = native_for_interpreter(sys.executable)
    native = str(folder / FILE) if folder else None
    limits = TraceLimits(events=200)
    chosen = CallSettings(**settings)  # type: ignore[arg-type]
    return CallTracer(container, {"marks.py": SOURCE}, limits, chosen, digest="d", native=native)


def _call(name: str, arguments: str) -> FunctionCall:
    return FunctionCall(function=FUNCTIONS[name], arguments=arguments)


def test_inputs_that_print_as_literals_are_recorded() -> None:
    tests = [f"test_marks.py::test_{name}" for name in ("low", "high", "object", "roll")]
    with _container() as container:
        found = record_inputs(container, tests, FUNCTIONS.values(), most=5)
    assert [call.text for call in found] == [
        "grade(3, (50, 80), words=None)",
        "grade(90, (50, 80), words=['a', 'b', 'c'])",
        "roll(6)",
    ]


def test_variations_keep_the_types() -> None:
    call = _call("grade", "3, (50, 80), words=['a', 'b']")
    made = vary(call, seed=1, count=6)
    assert len(made) == 6 and call not in made and made == vary(call, seed=1, count=6)
    assert all(other.arguments.startswith(tuple("-0123456789")) and "words=[" in other.arguments for other in made)
    assert literal({"b", "a"}) == "{'a', 'b'}" and literal((1,)) == "(1,)"


def test_a_call_is_a_program_of_its_own_and_news_are_kept() -> None:
    recorded = [_call("grade", text) for text in ("3", "4", "60", "-1", "'x'", "")]
    with _container() as container:
        kept = _tracer(container, variations=0).explore(recorded)
    assert [found.call.arguments for found in kept] == ["3", "60", "-1", "'x'"]
    assert [str(found.outcome) for found in kept] == ["returned", "returned", "raised", "raised"]
    text = to_text(render(kept[0].trace))
    assert text.startswith("<|begin_of_text|><|trace_context_start|>\ndef grade(points")
    assert "\n\ndef main():  # << START_OF_TRACE\n    return grade(3)\n<|frame_sep|><|call_sep|>{}" in text
    assert kept[2].trace.frames[-1].value == "ValueError: ('negative', -1)"


def test_what_differs_between_two_runs_or_does_not_end_is_left_out() -> None:
    calls = [_call("roll", "6"), _call("hang", "1"), _call("leave", "0"), _call("grade", "70")]
    with _container() as container:
        found = list(_tracer(container, seconds=1.0).trace(calls))
    texts = [one.call.text for one in found]
    assert texts[-1] == "grade(70)" and "roll(6)" not in texts and "leave(0)" not in texts
    assert [str(one.outcome) for one in found if one.call.text == "hang(1)"] in ([], [str(Outcome.CUT)])
