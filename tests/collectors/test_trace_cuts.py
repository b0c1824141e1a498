"""Recordings cut up into traces: in columns as one call at a time does it, and every event in one trace."""

import io
import sys
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.events import CodeSeen, Stream, read_stream
from collectors.trace_cuts import CutRule, CutTraces, cut_up
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
    assert [[code.name for code in over] for over in made.stepped_over] == [piece.over for _, piece in expected]


def record(seed: int, events: int = 10_000) -> bytes:
    """Return what the reference engine records of the outermost calls of a random program."""
    names = {"__name__": "program"}
    file, out = f"/root/program_{seed}.py", io.BytesIO()
    exec(compile(random_program(seed), file, "exec"), names)
    limits = Limits(events=events, size=10**9, depth=40)
    hook = SettraceHook(out.write, lambda code: {}, lambda code: code.co_filename == file, limits)
    hook.install()
    try:
        names["main"]()  # type: ignore[operator]
        names["count"](3)  # type: ignore[operator]
        names["items"]("abc")  # type: ignore[operator]
    except Exception:
        pass
    finally:
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
