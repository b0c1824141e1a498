"""Collection on a local Ray, killed and run again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from images.release_history import write_history
from images.source_tree import SourceTree
from pipelines.summary import summarise
from tests.conftest import sample_files
from trajectories.schema import DATASETS
from trajectories.store import Store

pytestmark = [pytest.mark.docker, pytest.mark.ray, pytest.mark.slow, pytest.mark.usefixtures("base")]


def _recipe(folder: Path) -> Path:
    write_history(folder / "ledger", [("1", SourceTree(files=sample_files()))])
    recipe = folder / "recipe.toml"
    recipe.write_text(
        f'name = "small"\nrun_folder = "{folder}/run"\n[[repositories]]\nspec = "{folder}/ledger"\n'
        f'[[repositories]]\nspec = "pypi:no-such-project-at-all==1"\n[tasks]\ntasks = 2\ncandidates = 6\n'
    )
    return recipe


def _start(recipe: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pipelines.collect", str(recipe)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def _ids(folder: Path) -> dict[str, set[str]]:
    return {d: {str(row.get("id")) for row in Store(folder, d).rows()} for d in DATASETS}


def test_a_killed_collection_goes_on_to_the_same_ids(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = _start(_recipe(tmp_path / "a"))
    said, _ = whole.communicate(timeout=300)
    assert whole.returncode == 0, said
    counts = summarise(tmp_path / "a" / "run")
    assert (counts["images"]["executable"], counts["images"]["failed"]) == (1, 1)
    assert counts["episodes"]["rows"] == counts["tasks"]["valid"] == 2
    assert counts["traces"]["rows"] >= 4
    assert counts["accounts"]["kept"] == counts["accounts"]["rows"] == counts["traces"]["rows"]

    recipe = _recipe(tmp_path / "b")
    killed = _start(recipe)
    deadline = time.monotonic() + 240
    while not list((tmp_path / "b" / "run" / "coverage").glob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.2)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    again = _start(recipe)
    said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert _ids(tmp_path / "b" / "run") == _ids(tmp_path / "a" / "run")
