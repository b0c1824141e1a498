"""Checkpoints from elsewhere: what is damaged is passed over, and what would run code when it is loaded is not loaded."""

import hashlib
import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from model.checkpoint import load_newest, save_checkpoint


class _Runs:
    """Makes the folder `ran` where it is unpickled."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self._place),)


def _zipped(data: bytes) -> bytes:
    """Return a file of torch's own form whose pickle is the data."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("state/data.pkl", data)
        archive.writestr("state/version", "3\n")
    return buffer.getvalue()


def _saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def _put(folder: Path, data: bytes, *, sha256: str = "") -> None:
    (folder / "step-0000002").mkdir()
    (folder / "step-0000002" / "state.pt").write_bytes(data)
    manifest = {"step": 2, "sha256": sha256 or hashlib.sha256(data).hexdigest()}
    (folder / "step-0000002" / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("kind", ["a bare pickle", "torch's form", "inside tensors", "a global by name"])
def test_a_pickle_that_runs_code_is_not_loaded_though_its_digest_is_true(tmp_path: Path, kind: str) -> None:
    runs = pickle.dumps(_Runs(tmp_path / "ran"), protocol=2)
    data = {
        "a bare pickle": runs,
        "torch's form": _zipped(runs),
        "inside tensors": _saved({"weights": torch.zeros(2), "more": _Runs(tmp_path / "ran")}),
        "a global by name": _zipped(b"cos\nsystem\n(V" + f"touch {tmp_path}/ran".encode() + b"\ntR."),
    }[kind]
    _put(tmp_path, data)
    with pytest.raises(pickle.UnpicklingError):
        load_newest(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["cut", "flipped", "empty", "another's digest"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path: Path, kind: str) -> None:
    save_checkpoint(tmp_path, 1, {"weights": torch.ones(3)}, {"note": "first"})
    whole = _saved({"weights": torch.zeros(3)})
    digest = hashlib.sha256(whole).hexdigest()
    flipped = bytes([*whole[:200], whole[200] ^ 1, *whole[201:]])
    damaged = {"cut": whole[:-100], "flipped": flipped, "empty": b"", "another's digest": whole}[kind]
    _put(tmp_path, damaged, sha256="0" * 64 if kind == "another's digest" else digest)
    found = load_newest(tmp_path)
    assert found is not None
    assert (found[0]["weights"].tolist(), found[1]["note"]) == ([1.0, 1.0, 1.0], "first")
