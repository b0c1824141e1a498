"""The store: every unit once, whatever dies."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import datasets
import duckdb
import pyarrow.dataset
import pytest

from trajectories.errors import DiskFull, StoreError
from trajectories.store import Store

ROW = {"repository": "ledger", "test": "t", "lines": [1, 2]}


def test_a_unit_is_committed_once(tmp_path: Path) -> None:
    store = Store(tmp_path, "coverage")
    assert store.commit("u", [ROW])
    assert not store.commit("u", [ROW, ROW])
    assert [row["lines"] for row in store.rows()] == [[1, 2]]


def test_of_racing_attempts_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: Store(tmp_path, "coverage").commit("u", [ROW] * 3), range(16)))
    assert won.count(True) == 1
    assert len(list(tmp_path.glob("coverage/*.parquet"))) == 1


def test_a_killed_writer_leaves_nothing_that_counts(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from trajectories.store import Store\n"
        "Store._link = lambda *a: os.kill(os.getpid(), 9)\n"
        "Store(Path(sys.argv[1]), 'coverage').commit('u', [{'test': 't'}])"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path)])
    store = Store(tmp_path, "coverage")
    assert died.returncode == -9
    assert store.units() == []
    assert store.sweep() == 2
    assert store.commit("u", [ROW])


def test_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path, "coverage")
    store.commit("u", [{**ROW, "test": os.urandom(2000).hex()}])
    file = next(tmp_path.glob("coverage/*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)
    with pytest.raises(StoreError, match="has changed since"):
        list(store.rows())


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True)
    try:
        with pytest.raises(DiskFull, match="no space is left"):
            Store(disk, "coverage").commit("u", [{"test": os.urandom(400_000).hex()}])
        assert [p for p in disk.rglob("*") if p.is_file()] == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_other_readers_open_a_dataset(tmp_path: Path) -> None:
    store = Store(tmp_path, "coverage")
    store.commit("a", [ROW])
    store.commit("b", [ROW, ROW])
    files = f"{tmp_path}/coverage/*.parquet"
    assert pyarrow.dataset.dataset(f"{tmp_path}/coverage", format="parquet").count_rows() == 3
    assert duckdb.sql(f"select count(*) from '{files}'").fetchall() == [(3,)]
    loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.num_rows == 3


def test_an_unknown_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no dataset 'trace'"):
        Store(tmp_path, "trace")
