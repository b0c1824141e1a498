"""Streams of the guest, decoded: whole, torn and hostile."""

import json
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import GuestStreamError
from collectors.source_context import SourceTexts
from collectors.tracing import decode
from tests.random_streams import streams
from tests.reference_decoder import reference_frames
from trajectories.origin import Origin
from trajectories.rows import from_row, to_row
from trajectories.trace_record import Trace
from trajectories.trace_table import trace_table
from trajectories.trajectory import Trajectory

_TEXT = ("repository", "source_digest", "licence", "image", "python_version", "collector", "split")
ORIGIN = Origin(**{name: name for name in _TEXT}, seed=0)
HEAD = b"WLTRACE2"


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


def _block(letter: str, payload: object) -> bytes:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return letter.encode() + struct.pack("<I", len(data)) + data


def _events(*columns: list[int], text: bytes = b"") -> bytes:
    sizes = struct.pack("<III5B", len(columns[0]), len(columns[4]), len(text), 1, 1, 1, 1, 1)
    return _block("X", sizes + b"".join(map(bytes, columns)) + text)


START = HEAD + _block("H", {"engine": "e", "python": "3"}) + _block("C", ["a.py", "f", 1]) + _block("N", "x")
OPEN = START + _block("B", {"id": "0"})


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
        (OPEN + _block("Z", {}), "guest block 'Z'"),
        (OPEN + _block("X", b"short"), "has 5 bytes, expected at least 17"),
        (OPEN + _block("X", struct.pack("<III5B", 1, 0, 0, 3, 1, 1, 1, 1) + bytes(6)), "expected 1, 2 or 4"),
        (OPEN + _block("X", struct.pack("<III5B", 2**32 - 1, 9, 9, 4, 4, 4, 4, 4)), "by its own sizes"),
        (OPEN + _events([0], [0], [1], [2], [0], [1], text=b"a"), "do not add up"),
        (OPEN + _events([0], [0], [1], [1], [0], [2], text=b"a"), "do not add up"),
        (OPEN + _events([0], [9], [1], [0], [], []), "event of code 9"),
        (OPEN + _events([0], [0], [1], [1], [9], [1], text=b"a"), "change of name 9"),
        (OPEN + _events([7], [0], [1], [0], [], []), "event of kind 7"),
        (OPEN + _events([1], [0], [1], [0], [], []), "outside every call"),
        (OPEN + _events([0, 4, 4], [0] * 3, [1] * 3, [0] * 3, [], []), "outside every call"),
        (OPEN + _events([0, 2], [0] * 2, [1] * 2, [0] * 2, [], []), "leaves a scope"),
        (OPEN + _events([0], [0], [1], [1], [0], [0]), "not bound"),
        (OPEN + _events([0], [0], [1], [2], [0, 0], [1, 1], text=b"ab"), "a name twice"),
        (OPEN + _events([0], [0], [1], [1], [0], [1], text=b"\xff"), "no UTF-8"),
        (OPEN + _events([0, 1], [0] * 2, [1] * 2, [1, 1], [0, 0], [1, 1], text="é".encode()), "middle of a char"),
        (START + _events([0], [0], [1], [0], [], []), "outside every trace"),
        (OPEN + _block("E", {"cut": 3, "values_cut": 0}), "guest block 'E'"),
        (OPEN + _block("E", {"cut": None, "values_cut": 1e400}), "guest block 'E'"),
        (OPEN + _block("C", ["a.py", "f", 1 << 40]), "guest block 'C'"),
        (OPEN + _block("N", 3), "guest block 'N'"),
        (OPEN + _block("B", [1]), "guest block 'B'"),
        (OPEN + _block("H", {}), "guest block 'H'"),
        (OPEN + _block("N", b"[" * 100_000), "guest block 'N'"),
        (OPEN + _block("N", b"1" * 9_999), "guest block 'N'"),
        (OPEN + _block("N", b"\xff"), "guest block 'N'"),
    ],
)
def test_what_no_guest_writes_is_refused_in_one_sentence(data: bytes, message: str) -> None:
    with pytest.raises(GuestStreamError, match=message):
        _table(data)


def test_names_that_utf_8_cannot_hold_are_spelt_out() -> None:
    data = START.replace(_block("N", "x"), _block("N", "\ud800")) + _block("B", {"id": "0"})
    [trace] = _traces(data + _events([0], [0], [1], [1], [0], [1], text=b"1"))
    assert trace.arguments == {"\\ud800": "1"}
    assert (trace.cut, trace.engine, trace.python) == ("killed", "e", "3")


def test_traces_come_in_the_order_of_their_entries_the_later_of_two() -> None:
    def call(trace_id: str, line: int) -> bytes:
        return _block("B", {"id": trace_id}) + _events([0], [0], [line], [0], [], [])

    data = START + call("2", 1) + call("0", 2) + call("other", 3) + call("2", 4) + _block("B", {"id": "1"})
    assert [trace.frames[0].line_number for trace in _traces(data)] == [2, 4]
