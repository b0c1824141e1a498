"""Shards of images of schema version 2, as an earlier release wrote them, still read."""

import hashlib
from pathlib import Path

from trajectories.schema import IMAGES
from trajectories.shard import read_shard
from trajectories.version_2 import upgraded_image

SHARD = Path(__file__).parent / "version_2_images.parquet"


def test_a_version_2_shard_of_images_reads_with_todays_columns() -> None:
    (row,) = read_shard(SHARD, sha256=hashlib.sha256(SHARD.read_bytes()).hexdigest())
    assert set(row) == set(IMAGES.names)
    assert (row["image"], row["licence"], row["dockerfile"]) == ("worldline/ledger:a-py3.11", "MIT", "")
    rates = {test["id"]: test["pass_rate"] for test in row["tests"]}
    assert rates == {"test_ledger.py::test_a[é b]": 1.0, "test_ledger.py::test_b": None, "test_ledger.py::test_c": 0.0}


def test_rows_of_other_datasets_are_the_same() -> None:
    row = {"repository": "a", "tests": [{"id": "x"}]}
    assert upgraded_image(row) is row
