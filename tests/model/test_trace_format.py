"""The trace format's writer and reader, bound by a round trip."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from collectors.function_tracing import trace_function
from images.local_container import LocalContainer
from model.errors import FormatError
from model.parse import parse, split_text
from model.render import Control, render, to_text
from tests.random_traces import traces
from trajectories.trace_record import Trace

TALLY = "def tally(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total\n"


def test_the_worked_example_comes_out_byte_for_byte(local: LocalContainer) -> None:
    trace, _ = trace_function(local, TALLY, "tally", ["[2, 5]"])
    assert to_text(render(trace)) == (Path(__file__).parent / "worked_example.txt").read_text()


@settings(max_examples=300, deadline=None)
@given(traces())
def test_rendered_traces_are_parsed_without_loss(trace: Trace) -> None:
    source, frames = parse(render(trace))
    assert source == trace.source
    assert frames == list(trace.frames)


def test_source_text_with_control_tokens_stays_text(local: LocalContainer) -> None:
    trace, _ = trace_function(local, "def f():\n    return '<|frame_sep|>'\n", "f", [])
    pieces = render(trace)
    assert sum(piece == Control("frame_sep") for piece in pieces) == 1 + len(trace.frames)
    assert parse(pieces)[1][-1].value == "'<|frame_sep|>'"


def test_a_callers_state_is_shown_in_full_after_a_nested_return(local: LocalContainer) -> None:
    source = "def double(n):\n    return 2 * n\n\n\ndef f(a):\n    b = double(a)\n    return b\n"
    trace, _ = trace_function(local, source.replace("def f", "def g"), "g", ["3"])
    last_line = [p for p in render(trace) if isinstance(p, str) and p.startswith('{"a"')][-1]
    assert last_line in ('{"a": "3", "b": "6"}', '{"a": "..", "b": "6"}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<|begin_of_text|>x",
        "<|begin_of_text|><|trace_context_start|>s<|frame_sep|><|line_sep|>{}<|action_sep|>x\n<|frame_sep|>",
        '<|begin_of_text|><|trace_context_start|>s<|frame_sep|><|call_sep|>{"a": ".."}<|action_sep|>x\n<|frame_sep|>',
        "<|begin_of_text|><|trace_context_start|>s<|frame_sep|><|call_sep|>{<|action_sep|>x\n<|frame_sep|>",
        "<|begin_of_text|><|trace_context_start|>s<|frame_sep|><|call_sep|>{}<|action_sep|>unfinished",
    ],
)
def test_text_that_is_no_trace_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse(split_text(text))


@pytest.mark.parametrize(
    "body",
    [
        "    g = gen()\n    next(g)\n    g.close()\n    return 1",
        "    try:\n        cleaned()\n    except KeyError:\n        n = 3\n    return n",
        "    n = hasattr(Thing(), 'missing')\n    return n",
    ],
)
def test_frames_find_their_scope_after_an_exception(local: LocalContainer, body: str) -> None:
    inner = (
        "    def gen():\n        yield 1\n    def cleaned():\n        try:\n            raise KeyError\n"
        "        finally:\n            k = 2\n"
        "    class Thing:\n        def __getattr__(self, name):\n            raise AttributeError(name)\n"
    )
    trace, _ = trace_function(local, f"def f():\n{inner}{body}\n", "f", [])
    _, frames = parse(render(trace))
    assert [(f.depth, f.locals, f.value) for f in frames] == [(f.depth, f.locals, f.value) for f in trace.frames]
