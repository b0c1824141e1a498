"""Files that nobody of ours wrote are refused in one sentence, whatever vouches for them; nothing of them is unpickled."""

import hashlib
import json
import resource
import sys
from pathlib import Path

import pytest

from tests.trajectories.hostile_shards import SHARDS
from trajectories.errors import StoreError
from trajectories.store import Store

_unpickled: list[object] = []


def _note(event: str, words: tuple[object, ...]) -> None:
    if event == "pickle.find_class":
        _unpickled.append(words)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for shards, and have the interpreter tell of everything that is unpickled."""
    sys.addaudithook(_note)
    return tmp_path_factory.mktemp("shards")


def _vouched_for(folder: Path, data: bytes) -> Store:
    """Return a dataset with one unit, whose record has the digest of the data."""
    (folder / "coverage" / "_commits").mkdir(parents=True)
    (folder / "coverage" / "u.parquet").write_bytes(data)
    record = {"unit": "u", "file": "u.parquet", "rows": 1, "sha256": hashlib.sha256(data).hexdigest(), "seconds": 0.0}
    (folder / "coverage" / "_commits" / "u.json").write_text(json.dumps(record))
    return Store(folder, "coverage")


@pytest.mark.parametrize("name", SHARDS)
def test_a_hostile_shard_is_refused(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("WORLDLINE_SHARDS", str(shards))
    monkeypatch.setenv("WORLDLINE_PICKLE_RAN", str(tmp_path / "ran"))
    make, words = SHARDS[name]
    store = _vouched_for(tmp_path, make())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _unpickled.clear()
    with pytest.raises(StoreError, match=words) as caught:
        list(store.rows())
    assert str(caught.value).isprintable()
    assert _unpickled == []
    assert not (tmp_path / "ran").exists()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 << 20


def test_there_are_twenty_of_them() -> None:
    assert len(SHARDS) >= 20
