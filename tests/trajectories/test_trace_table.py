"""Traces as columns: what other readers see of them, and how the states come back."""

from pathlib import Path

import datasets
import duckdb
import pyarrow.dataset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.source_context import SourceTexts
from collectors.tracing import decode
from tests.handmade_streams import OPEN, ORIGIN, event_block
from trajectories.rows import from_row
from trajectories.state_changes import changed_state, changes_between
from trajectories.store import Store
from trajectories.trace_table import trace_table

SOURCE = "def f():\n    x = 1\n    del x\n    return 2\n"
STATES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Give a store with one trace of `f`: x is bound, shown unchanged once more, and deleted."""
    events = event_block([0, 1, 1, 1, 2], [0] * 5, [1, 2, 3, 4, 4], [0, 1, 0, 1, 1], [0, 0, 0], [1, 0, 1], text=b"12")
    table = trace_table(decode(OPEN + events, {"0": "a.py:f"}, SourceTexts({"a.py": SOURCE})), ORIGIN)
    made = Store(tmp_path, "traces")
    assert made.commit("u", table)
    return made


def test_a_stored_table_gives_back_the_trace_with_whole_states(store: Store) -> None:
    [row] = store.rows()
    trace = from_row(row).trace
    assert trace is not None
    assert [frame.locals for frame in trace.frames] == [{}, {"x": "1"}, {"x": "1"}, {}, {}]
    assert [frame.source_line for frame in trace.frames][1:4] == ["    x = 1\n", "    del x\n", "    return 2\n"]
    assert trace.frames[-1].value == "2"


def test_other_readers_open_traces_with_plain_types(store: Store, tmp_path: Path) -> None:
    files = f"{tmp_path}/traces/*.parquet"
    kinds = ["call", "line", "line", "line", "return"]
    [row] = pyarrow.dataset.dataset(f"{tmp_path}/traces", format="parquet").to_table().to_pylist()
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    asked = duckdb.sql(
        f"select frame.kind, frame.changed from (select unnest(trace.frames) as frame from '{files}')"
    ).fetchall()
    assert [frame["kind"] for frame in row["trace"]["frames"]] == kinds
    assert [frame["kind"] for frame in loaded[0]["trace"]["frames"]] == kinds
    assert [kind for kind, _ in asked] == kinds
    assert asked[3][1] == [{"name": "x", "text": None}]


@given(STATES, STATES)
def test_a_state_comes_back_from_its_changes_in_order(old: dict[str, str], new: dict[str, str]) -> None:
    assert list(changed_state(old, changes_between(old, new)).items()) == list(new.items())
