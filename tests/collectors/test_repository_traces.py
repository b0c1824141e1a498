"""Traces cut out of a small project's tests."""

import pytest

from collectors.entry_points import functions_of
from collectors.line_coverage import Reach
from collectors.repository_traces import CutSettings, RepositoryTracer, RepositoryTraces
from collectors.tracing import TraceLimits
from images.container import Container
from images.local_container import LocalContainer
from model.render import render, to_text
from tests.collectors.test_tracing import SOURCES, TESTS, TREE
from trajectories.frame import FrameKind
from trajectories.trace_record import Trace
from trajectories.trace_table import traces_of
from trajectories.trajectory import Outcome

FILES = {path: TREE.text(path) or "" for path in TREE.python_files()}
LIMITS = TraceLimits(per_function=9)
BALANCE, _, LARGEST = functions_of("ledger.py", SOURCES["ledger.py"])
REACHED = [
    Reach(test=test, outcome="passed", core="", function=function, lines=())
    for test, function in zip(TESTS, (BALANCE, LARGEST, LARGEST), strict=True)
]
ONE = [Reach(test="tests/test_it.py::test_it", outcome="passed", core="", function=BALANCE, lines=())]


def _traced(
    container: Container,
    limits: TraceLimits = LIMITS,
    *,
    reached: list[Reach] = REACHED,
    seed: int = 0,
    **settings: float,
) -> RepositoryTraces:
    cuts = CutSettings(**settings)  # type: ignore[arg-type]
    return RepositoryTracer(container, FILES, limits, cuts, digest=TREE.digest, seed=seed).trace(reached)


def _found(made: RepositoryTraces) -> list[tuple[Trace, Outcome]]:
    return [pair for columns in made.columns for pair in traces_of(columns)]


def _ids(made: RepositoryTraces) -> list[str]:
    return [head.id for columns in made.columns for head in columns.heads]


def test_calls_have_traces_of_their_own_or_are_inlined(container: Container) -> None:
    apart, whole = _traced(container, step_in=0.0), _traced(container, step_in=1.0)
    tests = [f"tests/test_ledger.py:{test.partition('::')[2]}" for test in TESTS]
    entries = {trace.entry: (trace, outcome) for trace, outcome in _found(apart)}
    assert set(entries) == {"ledger.py:balance", "ledger.py:largest", tests[2]}
    assert {trace.entry for trace, _ in _found(whole)} == {tests[0], tests[1], tests[2]}
    assert {frame.depth for trace, _ in _found(apart) for frame in trace.frames} == {0}
    trace, outcome = entries[tests[2]]
    assert (outcome, trace.cut, trace.source.count("\n    ...\n")) == (Outcome.RETURNED, None, 1)
    assert [f.value for f in trace.frames if f.kind is FrameKind.EXCEPTION] == ["ValueError: no entries"]


def test_the_same_is_cut_and_kept_again(local: LocalContainer) -> None:
    made = _traced(local)
    with LocalContainer({path: text.encode() for path, text in FILES.items()}) as other:
        again = _traced(other, reached=REACHED[::-1])
    assert _ids(made) == _ids(again) != []
    assert any(_ids(_traced(local, seed=seed)) != _ids(made) for seed in (1, 2))


def test_bounds_hold_and_say_what_they_left_out(local: LocalContainer) -> None:
    few = _traced(local, TraceLimits(per_repository=1), step_in=0.0)
    assert (few.traces, few.refused["over the bounds"]) == (1, 3)
    assert few.account().startswith("1 traces cut out of 3 tests with 37 events (refused: 3 over the bounds, 2 under")
    short = _found(_traced(local, TraceLimits(events=5), step_in=0.0))
    assert {(len(t.frames), t.cut, o) for t, o in short} >= {(5, "events", Outcome.CUT)}
    torn = _traced(local, step_in=1.0, test_events=8)
    assert {(len(t.frames), t.cut) for t, _ in _found(torn)} == {(8, "events")}
    assert _traced(local, step_in=0.0, source=40).refused["source too long"] == 4


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("    x = [ledger.balance([1])]\n    assert x\n", 1),
        ("    x = object()\n    assert [x]\n    import os\n    pid = os.getpid()\n    return\n", 0),
        ("    x = 1\n    assert x == 2\n", 0),
        ("    import random\n    x = random.random()\n    assert x\n", 1),
    ],
)
def test_what_runs_otherwise_again_or_fails_is_left_out(local: LocalContainer, body: str, kept: int) -> None:
    text = f"import ledger\ndef test_it():\n{body}"
    local.put({"tests/test_it.py": text.encode()})
    files = {**FILES, "tests/test_it.py": text}
    made = RepositoryTracer(local, files, LIMITS, CutSettings(step_in=1.0), digest="d").trace(ONE)
    assert made.traces == kept
    assert not any(name.startswith("@py") for trace, _ in _found(made) for f in trace.frames for name in f.locals)


def test_a_test_whose_own_code_is_not_shown_is_recorded_call_by_call_up_to_its_bound(local: LocalContainer) -> None:
    text = "import ledger\ndef test_it():\n    for n in range(5):\n        ledger.balance([n, 5])\n"
    local.put({"tests/test_it.py": text.encode()})
    cuts = CutSettings(step_in=1.0, test_events=12)
    made = RepositoryTracer(local, SOURCES, LIMITS, cuts, digest="d").trace(ONE)
    found = sorted(trace.arguments["entries"] for trace, _ in _found(made))
    assert (found, made.events) == (["[0, 5]", "[1, 5]"], 18)


@pytest.mark.parametrize(("step_in", "state"), [(0.0, '{"x": "..", "y": "1"}'), (1.0, '{"x": "[1]", "y": "1"}')])
def test_a_caller_is_shown_in_full_again_after_an_inlined_call_alone(
    local: LocalContainer, step_in: float, state: str
) -> None:
    text = "import ledger\ndef test_it():\n    x = [1]\n    y = ledger.balance(x)\n    z = y\n"
    local.put({"tests/test_it.py": text.encode()})
    files = {**FILES, "tests/test_it.py": text}
    made = RepositoryTracer(local, files, LIMITS, CutSettings(step_in=step_in), digest="d").trace(ONE)
    [trace] = [trace for trace, _ in _found(made) if trace.entry.endswith("test_it")]
    assert f"<|line_sep|>{state}<|action_sep|>    z = y\n" in to_text(render(trace))


GENERATORS = """
import contextlib
@contextlib.contextmanager
def opened(name):
    note = name + "!"
    try:
        yield note
    finally:
        note = None
def pairs(n):
    seen = []
    for i in range(n):
        seen.append(i)
        yield tuple(seen)
def drain(source):
    total = 0
    for pair in source:
        total += len(pair)
    return total
def fails():
    try:
        raise KeyError("k")
    finally:
        done = True
async def later(n):
    m = n + 1
    return m
def test_it():
    source = pairs(3)
    next(source)
    total = drain(source)
    with opened("a") as note:
        big = list(range(99))
    try:
        fails()
    except KeyError:
        pass
    try:
        later(1).send(None)
    except StopIteration as stop:
        assert stop.value == 2
"""


@pytest.fixture
def generators(local: LocalContainer) -> dict[str, list[Trace]]:
    """Give the traces of a test with generators, a context manager, a coroutine and an exception, none inlined."""
    local.put({"tests/test_it.py": GENERATORS.encode()})
    tracer = RepositoryTracer(local, {"tests/test_it.py": GENERATORS}, LIMITS, CutSettings(step_in=0.0), digest="d")
    found: dict[str, list[Trace]] = {}
    for trace, _ in _found(tracer.trace(ONE)):
        found.setdefault(trace.entry.partition(":")[2], []).append(trace)
    return found


def test_a_generator_that_goes_on_begins_with_its_state_in_full(generators: dict[str, list[Trace]]) -> None:
    begun, *resumed = sorted(generators["pairs"], key=lambda trace: len(str(trace.arguments)))
    assert begun.arguments == {"n": "3"}
    assert begun.result is not None and begun.result.value == "(0,)"
    assert [trace.arguments for trace in resumed] == [
        {"n": "3", "seen": "[0]", "i": "0"},
        {"n": "3", "seen": "[0, 1]", "i": "1"},
    ]
    assert all(trace.source.count("def pairs(n):  # << START_OF_TRACE") == 1 for trace in generators["pairs"])


def test_a_caller_that_steps_over_goes_on_with_what_has_changed(generators: dict[str, list[Trace]]) -> None:
    [trace] = generators["test_it"]
    states = [frame.locals for frame in trace.frames if frame.kind is FrameKind.LINE]
    assert states[3]["total"] == "5"
    assert [frame.kind for frame in trace.frames].count(FrameKind.CALL) == 1
    assert "def drain(source):\n    ...\n" in trace.source
    assert trace.values_cut == 1 and any("<... 69 more ...>" in state.get("big", "") for state in states)
    assert all(other.values_cut == 0 for other in generators["drain"])


def test_an_exception_that_goes_on_after_finally_is_the_end(generators: dict[str, list[Trace]]) -> None:
    [trace] = generators["fails"]
    assert (trace.cut, trace.frames[-1].kind) == (None, FrameKind.EXCEPTION)
    [coroutine] = generators["later"]
    assert coroutine.result is not None and coroutine.result.value == "2"
