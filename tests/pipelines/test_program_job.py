"""A collection of programs alone: a recipe with a programs file, on a local Ray."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.recipe import CollectRecipe, ProgramsEntry, read_recipe
from pipelines.summary import summarise
from trajectories.rows import from_row
from trajectories.store import Store

PROGRAMS = Path(__file__).parents[1] / "collectors" / "programs.jsonl"


def _recipe(folder: Path, more: str = "") -> Path:
    (folder / "p.jsonl").write_text(PROGRAMS.read_text() + "{}\n")
    recipe = folder / "recipe.toml"
    recipe.write_text(
        f'name = "p"\nrun_folder = "{folder}/run"\n[[programs]]\nname = "small"\nfile = "{folder}/p.jsonl"\n'
        f'licence = "Apache-2.0"\n[program_traces]\nseconds = 1.0\nper_unit = 8\n{more}'
    )
    return recipe


def _collect(recipe: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "pipelines.collect", str(recipe)], capture_output=True, text=True)


@pytest.mark.docker
@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.usefixtures("base")
def test_programs_become_balanced_traces(tmp_path: Path) -> None:
    recipe = _recipe(tmp_path)
    done = _collect(recipe)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "traces of right programs" in done.stdout
    rows = list(Store(tmp_path / "run", "programs").rows())
    kept = {row["id"]: row for row in rows if row["status"] == "kept"}
    found = [from_row(row) for row in Store(tmp_path / "run", "traces").rows()]
    assert {t.id for t in found} == set(kept)
    assert sorted(t.outcome.value for t in found) == ["failed"] * (len(found) // 2) + ["solved"] * (len(found) // 2)
    assert {t.origin.licence for t in found} == {"Apache-2.0"}
    assert all(t.trace and t.trace.entry == f"{kept[t.id]['program']}:<module>" for t in found)
    reasons = {row["reason"] for row in rows}
    assert {"took too long", "over 10,000 line events", "could not be compiled", "not balanced"} <= reasons
    assert any(reason.startswith("unreadable: line 15 has nothing") for reason in reasons)
    assert summarise(tmp_path / "run")["programs"]["kept"] == len(found)
    again = _collect(recipe)
    assert again.stdout.count("done before") == 2


def test_an_unknown_key_of_programs_is_named(tmp_path: Path) -> None:
    recipe = _recipe(tmp_path, "line_event = 3\n")
    done = _collect(recipe)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "unknown key 'program_traces.line_event': did you mean 'line_events'?" in done.stderr


def test_a_file_without_programs_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    recipe = _recipe(tmp_path)
    (tmp_path / "p.jsonl").write_text('{"text": "x"}\n')
    done = _collect(recipe)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "line 1 has 'text': expected id, program and tests" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_recipe_may_have_programs_alone(tmp_path: Path) -> None:
    recipe = read_recipe(_recipe(tmp_path), CollectRecipe)
    assert recipe.programs == (ProgramsEntry(file=f"{tmp_path}/p.jsonl", name="small", licence="Apache-2.0"),)
    with pytest.raises(ValueError, match="single `-`"):
        ProgramsEntry(file="x", name="a--b")
