"""Streams of the guest, decoded: whole, torn and hostile."""

import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import GuestStreamError
from collectors.events import read_stream
from collectors.source_context import SourceTexts
from collectors.stream_blocks import contents, joined
from collectors.tracing import decode
from tests.handmade_streams import OPEN, ORIGIN, START, block, event_block
from tests.random_streams import streams
from tests.reference_decoder import reference_frames
from trajectories.rows import from_row, to_row
from trajectories.trace_record import Trace
from trajectories.trace_table import trace_table
from trajectories.trajectory import Trajectory


class Numbered(SourceTexts):
    """Lines that tell where they stand."""

    def line(self, file: str, number: int) -> str:
        """Return `FILE:NUMBER` and a newline."""
        return f"{file}:{number}\n"


def _table(data: bytes) -> pa.Table:
    decoded = decode(data, {str(number): "f" for number in range(3)}, Numbered({}))
    return trace_table(decoded, ORIGIN)


def _traces(data: bytes) -> list[Trace]:
    return [t for row in _table(data).to_pylist() if (t := from_row(row).trace)]


@settings(max_examples=300, deadline=None)
@given(streams())
def test_columns_are_the_frames_that_the_plain_decoder_makes(data: bytes) -> None:
    assert [trace.frames for trace in _traces(data)] == [frames for frames in reference_frames(data) if frames]


@settings(max_examples=300, deadline=None)
@given(streams())
def test_columns_and_objects_give_equal_rows(data: bytes) -> None:
    rows = _table(data).to_pylist()
    assert [to_row(from_row(row)) for row in rows] == rows


@settings(max_examples=4, deadline=None)
@given(streams())
def test_a_stream_torn_at_any_byte_gives_its_whole_blocks(data: bytes) -> None:
    whole = {str(n): frames for n, frames in enumerate(reference_frames(data))}
    for end in range(len(data)):
        for row in _table(data[:end]).to_pylist():
            trajectory = from_row(row)
            assert trajectory.trace is not None
            assert trajectory.trace.frames == whole[trajectory.id][: len(trajectory.trace.frames)]


@settings(max_examples=500, deadline=None)
@given(streams(), st.data())
def test_flipped_bytes_give_traces_or_one_error(data: bytes, draw: st.DataObject) -> None:
    broken = bytearray(data)
    for place in draw.draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=4)):
        broken[place] = draw.draw(st.integers(0, 255))
    try:
        rows = _table(bytes(broken)).to_pylist()
    except GuestStreamError as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(from_row(row), Trajectory) for row in rows)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", "stream begins with"),
        (OPEN + block("Z", {}), "guest block 'Z'"),
        (OPEN + block("X", b"short"), "has 5 bytes, expected at least 17"),
        (OPEN + block("X", struct.pack("<III5B", 1, 0, 0, 3, 1, 1, 1, 1) + bytes(6)), "expected 1, 2 or 4"),
        (OPEN + block("X", struct.pack("<III5B", 2**32 - 1, 9, 9, 4, 4, 4, 4, 4)), "by its own sizes"),
        (OPEN + event_block([0], [0], [1], [2], [0], [1], text=b"a"), "do not add up"),
        (OPEN + event_block([0], [0], [1], [1], [0], [2], text=b"a"), "do not add up"),
        (OPEN + event_block([0], [9], [1], [0], [], []), "event of code 9"),
        (OPEN + event_block([0], [0], [1], [1], [9], [1], text=b"a"), "change of name 9"),
        (OPEN + event_block([7], [0], [1], [0], [], []), "event of kind 7"),
        (OPEN + event_block([1], [0], [1], [0], [], []), "outside every call"),
        (OPEN + event_block([0, 4, 4], [0] * 3, [1] * 3, [0] * 3, [], []), "outside every call"),
        (OPEN + event_block([0, 2], [0] * 2, [1] * 2, [0] * 2, [], []), "leaves a scope"),
        (OPEN + event_block([0], [0], [1], [1], [0], [0]), "not bound"),
        (OPEN + event_block([0], [0], [1], [2], [0, 0], [1, 1], text=b"ab"), "a name twice"),
        (OPEN + event_block([0], [0], [1], [1], [0], [1], text=b"\xff"), "no UTF-8"),
        (OPEN + event_block([0, 1], [0] * 2, [1] * 2, [1, 1], [0, 0], [1, 1], text="é".encode()), "middle of a char"),
        (START + event_block([0], [0], [1], [0], [], []), "outside every trace"),
        (OPEN + block("E", {"cut": 3, "values_cut": 0}), "guest block 'E'"),
        (OPEN + block("E", {"cut": None, "values_cut": 1e400}), "guest block 'E'"),
        (OPEN + block("C", ["a.py", "f", 1 << 40]), "guest block 'C'"),
        (OPEN + block("N", 3), "guest block 'N'"),
        (OPEN + block("S", ["a.py"]), "guest block 'S'"),
        (OPEN + block("B", [1]), "guest block 'B'"),
        (OPEN + block("H", {}), "guest block 'H'"),
        (OPEN + block("N", b"[" * 100_000), "guest block 'N'"),
        (OPEN + block("N", b"1" * 9_999), "guest block 'N'"),
        (OPEN + block("N", b"\xff"), "guest block 'N'"),
    ],
)
def test_what_no_guest_writes_is_refused_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(GuestStreamError, match=message):
        _table(data)


def test_names_that_utf_8_cannot_hold_are_spelt_out() -> None:
    data = START.replace(block("N", "x"), block("N", "\ud800")) + block("B", {"id": "0"})
    [trace] = _traces(data + event_block([0], [0], [1], [1], [0], [1], text=b"1"))
    assert trace.arguments == {"\\ud800": "1"}
    assert (trace.cut, trace.engine, trace.python) == ("killed", "e", "3")


def test_traces_come_in_the_order_of_their_entries_the_later_of_two() -> None:
    def call(trace_id: str, line: int) -> bytes:
        return block("B", {"id": trace_id}) + event_block([0], [0], [line], [0], [], [])

    data = START + call("2", 1) + call("0", 2) + call("other", 3) + call("2", 4) + block("B", {"id": "1"})
    assert [trace.frames[0].line_number for trace in _traces(data)] == [2, 4]


def _thread(number: int, *parts: bytes) -> bytes:
    return b"".join(block("T", struct.pack("<I", number) + part) for part in parts)


def _named(name: str) -> bytes:
    head = b"WLTRACE2" + block("H", {"engine": "e", "python": "3", "name": name})
    return head + block("C", ["b.py", "g", 1]) + block("N", "y")


def test_streams_of_threads_are_read_by_the_names_of_the_threads() -> None:
    step = event_block([0], [0], [3], [1], [0], [2], text=b"42")
    other = _thread(2, _named("t 9")) + _thread(1, _named("t 10"), block("B", {"id": "1"}), step)
    other += _thread(2, block("B", {"id": "2"})) + _thread(2, step)[:-1]
    data = OPEN + other[:40] + other[40:]
    stream = read_stream(data)
    assert [(t.thread, t.attributes["id"], t.cut) for t in stream.traces] == [
        ("", "0", "killed"),
        ("t 9", "2", "killed"),
        ("t 10", "1", "killed"),
    ]
    [trace] = _traces(data)
    assert (trace.frames[0].function, trace.arguments) == ("g", {"y": "42"})


def test_files_are_joined_with_the_streams_of_all() -> None:
    one = OPEN + event_block([0], [0], [1], [0], [], [])
    two = _named("MainThread") + block("B", {"id": "1"}) + _thread(5, _named("t"), block("B", {"id": "2"}))
    read = read_stream(joined([one + b"X\x05", two, b""]))
    assert [(trace.attributes["id"], trace.thread) for trace in read.traces] == [
        ("0", ""),
        ("1", "MainThread"),
        ("2", "t"),
    ]
    assert contents(joined([one, two]))[1] == contents(two)[0]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"\x01", "guest block 'T'"),
        (struct.pack("<I", 1) + b"PK\x03\x04", "stream begins with"),
        (struct.pack("<I", 1) + OPEN + block("T", struct.pack("<I", 2) + OPEN), "guest block 'T'"),
        (struct.pack("<I", 1) + OPEN + event_block([0], [1], [1], [0], [], []), "event of code 1"),
        (struct.pack("<I", 1) + OPEN + event_block([0], [0], [1], [1], [1], [1], text=b"a"), "change of name 1"),
    ],
)
def test_what_no_thread_writes_is_refused_in_one_sentence(payload: bytes, message: str) -> None:
    with pytest.raises(GuestStreamError, match=message):
        _table(START + block("T", payload))


def test_code_that_lies_in_no_file_brings_its_text() -> None:
    def part(text: str, number: int) -> bytes:
        code = block("S", ["<made>", text]) + block("C", ["<made>", "f", 1])
        return code + block("B", {"id": str(number)}) + event_block([0], [number + 1], [1], [0], [], [])

    stream = START + part("def f(): 0\n", 0) + part("def f(): 1\n", 1) + part("def f(): 0\n", 2)
    decoded = decode(stream, {str(number): "f" for number in range(3)}, SourceTexts({"a.py": "never\n"}))
    lines = [from_row(row).trace.frames[0].source_line for row in trace_table(decoded, ORIGIN).to_pylist()]  # type: ignore[union-attr]
    assert lines == ["def f(): 0\n", "def f(): 1\n", "def f(): 0\n"]
