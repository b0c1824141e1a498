"""A call in this very process, traced in two lines."""

import functools
import io
import subprocess
import sys

import pytest
from rich.console import Console

from collectors import TraceBounds, print_trace, trace_call, trace_call_within
from collectors.errors import CollectorError
from model.parse import parse
from model.render import render
from trajectories.frame import FrameKind


def shifted(x, by=1):
    if by < 0:
        raise ValueError(by)
    return moved(x, by)


def moved(x, by):
    return x + by


@functools.lru_cache
def kept(x):
    return x


class Counter:
    def __init__(self, start):
        self.count = start

    def up(self):
        self.count += 1
        return self.count

    def __call__(self, by):
        return self.count + by


def forever(n):
    yield n


def leaves():
    raise SystemExit(3)


def test_a_call_shows_what_it_ran_of_ones_own_code() -> None:
    trace = trace_call(shifted, 1, by=2)
    assert [(f.kind.value, f.function) for f in trace.frames if f.kind is not FrameKind.LINE] == [
        ("call", "shifted"),
        ("call", "moved"),
        ("return", "moved"),
        ("return", "shifted"),
    ]
    assert (trace.arguments, trace.entry, trace.cut) == ({"x": "1", "by": "2"}, "shifted", None)
    assert trace.source.startswith("\ndef shifted(x, by=1):  # << START_OF_TRACE\n")
    assert len(parse(render(trace))[1]) == len(trace.frames)


def test_an_exception_ends_the_trace_and_is_not_raised() -> None:
    for function, arguments, said in ((shifted, (1, -1), "ValueError: -1"), (leaves, (), "SystemExit: 3")):
        end = trace_call(function, *arguments).result
        assert end is not None
        assert (end.kind, end.value) == (FrameKind.EXCEPTION, said)


def test_methods_classes_callables_and_wrappers_are_traced() -> None:
    counter = Counter(1)
    calls = [(counter.up, ()), (Counter, (5,)), (counter, (2,)), (functools.partial(moved, 1), (2,)), (kept, (4,))]
    entries = [trace_call(function, *arguments).frames[0].function for function, arguments in calls]
    assert entries == ["Counter.up", "Counter.__init__", "Counter.__call__", "moved", "kept"]
    assert counter.count == 2


def test_what_runs_no_python_code_is_one_sentence() -> None:
    with pytest.raises(TypeError, match="<built-in function len> has no Python code to trace"):
        trace_call(len, [])
    with pytest.raises(TypeError, match="the body of 'forever' does not run when it is called"):
        trace_call(forever, 1)
    kept(7)
    with pytest.raises(CollectorError, match="'kept' ran none of its Python code"):
        trace_call(kept, 7)


def test_bounds_cut_the_trace_and_not_the_call() -> None:
    counter = Counter(0)
    trace = trace_call_within(TraceBounds(events=2), counter.up)
    assert (len(trace.frames), trace.cut, counter.count) == (2, "events", 1)
    flat = trace_call_within(TraceBounds(depth=1), lambda: shifted(1))
    assert max(frame.depth for frame in flat.frames) == 1


def test_the_trace_function_that_was_there_before_is_there_again() -> None:
    def watching(frame: object, event: str, argument: object) -> None:
        return None

    before = sys.gettrace()
    sys.settrace(watching)
    try:
        trace_call(moved, 1, 2)
        after = sys.gettrace()
    finally:
        sys.settrace(before)
    assert after is watching


def test_a_trace_is_printed_with_colours_where_there_is_a_terminal() -> None:
    trace = trace_call(moved, 1, 2)
    plain, coloured = io.StringIO(), io.StringIO()
    print_trace(trace, Console(file=plain))
    print_trace(trace, Console(file=coloured, force_terminal=True, width=60))
    assert plain.getvalue() == f"{trace}\n"
    assert "\x1b[" in coloured.getvalue()


def test_two_lines_do_in_a_process_that_knows_nothing_of_us() -> None:
    code = "from collectors import trace_call\nprint(trace_call(lambda x: x + 1, 2))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "← 3"
    heavy = "import sys, collectors; print({'torch', 'ray', 'pyarrow', 'numpy', 'rich', 'docker'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True).stdout == "set()\n"
