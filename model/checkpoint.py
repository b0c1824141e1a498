"""Checkpoints: written aside, made durable, and made visible by one rename; the newest that is whole is loaded."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch

_KEPT = 2


def save_checkpoint(folder: Path, step: int, state: dict[str, Any], facts: dict[str, Any]) -> Path:
    """Write tensors and facts of a step and return the checkpoint's folder; the last two are kept."""
    final = folder / f"step-{step:07d}"
    staged = folder / f".{final.name}.tmp"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    with (staged / "state.pt").open("wb") as handle:
        torch.save(state, handle)
        handle.flush()
        os.fsync(handle.fileno())
    with (staged / "state.pt").open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    (staged / "manifest.json").write_text(json.dumps({"step": step, "sha256": digest, **facts}, indent=2))
    shutil.rmtree(final, ignore_errors=True)
    staged.rename(final)
    for old in checkpoints(folder)[:-_KEPT]:
        shutil.rmtree(old)
    return final


def checkpoints(folder: Path) -> list[Path]:
    """Return the visible checkpoints, oldest first."""
    return sorted(folder.glob("step-*"))


def load_newest(folder: Path) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return state and manifest of the newest checkpoint whose digest holds, or None; damaged ones are passed over."""
    for path in reversed(checkpoints(folder)):
        try:
            manifest = json.loads((path / "manifest.json").read_text())
            with (path / "state.pt").open("rb") as handle:
                whole = hashlib.file_digest(handle, "sha256").hexdigest() == manifest["sha256"]
        except (OSError, ValueError, KeyError):
            continue
        if whole:
            return torch.load(path / "state.pt", weights_only=True), manifest
    return None
