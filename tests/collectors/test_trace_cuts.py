"""Recordings cut up into traces: in columns as one call at a time does it, and every event in one trace."""

import io
import re
import sys
from contextlib import suppress
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.events import CodeSeen, Stream, read_stream
from collectors.trace_cuts import CutRule, CutTraces, cut_up
from collectors.trace_digests import trace_digests
from collectors.tracing import Named, trace_columns
from tests.collectors.test_stream import Numbered
from tests.random_programs import random_program
from tests.random_streams import streams
from tests.reference_cutter import Piece, reference_pieces
from tests.reference_decoder import reference_frames
from trajectories.frame import Frame, FrameKind
from trajectories.trace_table import traces_of

sys.path.append(str(files("collectors") / "guest"))
from worldline_recorder import Limits  # type: ignore
from worldline_settrace import SettraceHook  # type: ignore

WHOLE = CutRule(step_in=1.0, depth=10**6, events=10**9, size=10**9)
APART = replace(WHOLE, step_in=0.0)
RULES = st.builds(
    CutRule,
    step_in=st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]),
    depth=st.integers(0, 4),
    events=st.sampled_from([3, 10, 10**6]),
    size=st.sampled_from([40, 400, 10**9]),
    seed=st.integers(0, 5),
)


def _is_function(code: CodeSeen) -> bool:
    return _named_so(code.name)


def _named_so(name: str) -> bool:
    return not name.endswith(">") and not name.endswith("Body") and name != "g"


def _keys(stream: Stream) -> list[str]:
    return [f"test {number}" for number in range(len(stream.traces))]


def _frames(made: CutTraces) -> list[tuple[Frame, ...]]:
    named = [Named(number=n, id=str(n), entry="f", source="") for n in range(len(made.stream.traces))]
    return [trace.frames for trace, _ in traces_of(trace_columns(made.stream, named, Numbered({})))]


def _expected(data: bytes, keys: list[str], rule: CutRule) -> list[tuple[int, Piece]]:
    found = reference_pieces(data, keys, rule, _named_so)
    two = [p for p in found if sum(frame.kind is FrameKind.LINE for frame in p[1].frames) >= 2]
    return [(number, piece) for number, piece in two if _named_so(piece.function)]


def _check(data: bytes, rule: CutRule) -> None:
    stream = read_stream(data)
    made = cut_up(stream, _keys(stream), rule, _is_function)
    expected = _expected(data, _keys(stream), rule)
    assert list(zip(made.recording_T, made.place_T, strict=True)) == [(n, p.place) for n, p in expected]
    assert _frames(made) == [tuple(piece.frames) for _, piece in expected]
    ends = [stream.traces[n].cut or "killed" if p.cut == "open" else p.cut for n, p in expected]
    assert [trace.cut for trace in made.stream.traces] == ends
    over = [list(dict.fromkeys(code.name for code in codes)) for codes in made.stepped_over]
    assert over == [piece.over for _, piece in expected]


def record(*seeds: int, events: int = 10_000) -> bytes:
    """Return what the reference engine records of the outermost calls of random programs, one after another."""
    out = io.BytesIO()
    limits = Limits(events=events, size=10**9, depth=40)
    hook = SettraceHook(out.write, lambda code: {}, lambda code: code.co_filename.startswith("/made/"), limits)
    for seed in seeds:
        names: dict[str, Any] = {"__name__": "program"}
        exec(compile(random_program(seed), f"/made/program_{seed}.py", "exec"), names)
        hook.install()
        with suppress(Exception):
            names["main"]()
            names["count"](3)
            names["items"]("abc")
        hook.remove()
    assert hook.broken is None
    return out.getvalue()


@settings(max_examples=300, deadline=None)
@given(streams(), RULES)
def test_columns_are_cut_as_one_call_at_a_time_is(data: bytes, rule: CutRule) -> None:
    _check(data, rule)


@pytest.mark.parametrize("seed", range(40))
def test_programs_are_cut_as_one_call_at_a_time_is(seed: int) -> None:
    data = record(seed, events=10_000 if seed % 4 else 60)
    for rule in (WHOLE, APART, CutRule(step_in=0.5, depth=1 + seed % 4, events=200, size=9_000, seed=seed)):
        _check(data, rule)


@settings(max_examples=200, deadline=None)
@given(streams(), st.sampled_from([0.0, 0.5, 1.0]), st.integers(0, 3))
def test_every_frame_is_in_one_trace(data: bytes, step_in: float, depth: int) -> None:
    keys = [str(number) for number in range(3)]
    rule = replace(WHOLE, step_in=step_in, depth=depth)
    pieces = reference_pieces(data, keys[: len(reference_frames(data))], rule, _named_so)
    assert sum(len(p.frames) for _, p in pieces) == sum(map(len, reference_frames(data)))


@pytest.mark.parametrize("seed", range(12))
def test_a_call_of_its_own_for_each_or_one_trace_for_all(seed: int) -> None:
    data = record(seed)
    stream = read_stream(data)
    whole = cut_up(stream, _keys(stream), WHOLE, lambda code: True)
    raw = [f for f in reference_frames(data) if sum(frame.kind is FrameKind.LINE for frame in f) >= 2]
    assert _frames(whole) == raw
    apart = cut_up(stream, _keys(stream), APART, lambda code: True)
    calls = [frame for frames in reference_frames(data) for frame in frames if frame.kind is FrameKind.CALL]
    assert len(apart.stream.traces) + apart.refused["under two lines"] == len(calls)
    assert {frame.depth for frames in _frames(apart) for frame in frames} == {0}


def _digests(data: bytes) -> tuple[CutTraces, list[str]]:
    stream = read_stream(data)
    made = cut_up(stream, _keys(stream), APART, lambda code: True)
    return made, trace_digests(made.stream, lambda file: file.removeprefix("/made/"))


# Programs with one thread: the traces of others come behind all of the first.
ALONE = [seed for seed in range(60) if not re.search(r"run\(work\d", random_program(seed))]


@pytest.mark.parametrize("seed", ALONE[:6])
def test_traces_have_equal_digests_where_they_are_equal_whatever_the_stream(seed: int) -> None:
    made, digests = _digests(record(seed))
    assert digests
    _, later = _digests(record(ALONE[-1], seed))
    assert later[-len(digests) :] == digests
    contents = [repr(found) for found in zip(_frames(made), (t.cut for t in made.stream.traces), strict=True)]
    assert len(set(zip(digests, contents, strict=True))) == len(set(digests)) == len(set(contents))
