"""A history is mined in images of its own, commit or release, and traces and goals are joined to what came of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from collectors.goal_leaks import Hidden, leaks_of
from collectors.issue_fix.settings import IssueFixSettings
from images.build_settings import BuildSettings
from images.release_history import write_history
from images.repository_entry import RepositoryEntry
from pipelines.divergence_report import divergences_shown, goals_shown
from pipelines.jobs import issue_fix_job, task_trace_job
from pipelines.recipe import CollectRecipe, read_recipe
from tests.collectors.issue_fix.releases import AFTER, BEFORE
from trajectories.divergence_record import read_divergences
from trajectories.goal_record import read_goals
from trajectories.store import Store

ENTRY_NAME = "words"


def _entry(folder: Path) -> RepositoryEntry:
    write_history(folder / ENTRY_NAME, [("1.0", BEFORE), ("1.1", AFTER)])
    return RepositoryEntry(spec=str(folder / ENTRY_NAME))


def _recipe(folder: Path, entry: RepositoryEntry, *, changes: int = 2) -> CollectRecipe:
    return CollectRecipe(
        name="words",
        run_folder=str(folder / "run"),
        repositories=(entry,),
        images=BuildSettings(test_runs=1),
        issue_fix=IssueFixSettings(changes=changes),
    )


def test_changes_are_found_only_when_they_are_asked_for(tmp_path: Path) -> None:
    entry = _entry(tmp_path)
    (found,) = issue_fix_job.find_changes(tmp_path / "run", _recipe(tmp_path, entry), entry)
    assert (found.name, found.versions) == (found.commit[:12], None)
    assert issue_fix_job.find_changes(tmp_path / "run", _recipe(tmp_path, entry, changes=0), entry) == []
    plain = RepositoryEntry(spec=str(Path(__file__).parent.parent / "sample_project"))
    assert issue_fix_job.find_changes(tmp_path / "run", _recipe(tmp_path, plain), plain) == []


def test_a_recipe_says_how_much_is_mined_and_recorded(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f'name = "x"\nrun_folder = "{tmp_path}/run"\n[[repositories]]\nspec = "history:toolz:3"\n'
        "[issue_fix]\nchanges = 2\n[task_traces]\nepisodes = 1\n"
    )
    read = read_recipe(recipe, CollectRecipe)
    assert (read.issue_fix.changes, read.issue_fix.tasks, read.task_traces.episodes) == (2, 6, 1)


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.usefixtures("base")
@pytest.mark.parametrize(("versions", "tasks", "style"), [(None, 1, "notes"), (("1.0", "1.1"), 4, "notes")])
def test_a_change_becomes_tasks_with_goals_and_joined_traces(
    tmp_path: Path, versions: tuple[str, str] | None, tasks: int, style: str
) -> None:
    entry, folder = _entry(tmp_path), tmp_path / "run"
    recipe = _recipe(tmp_path, entry)
    (found,) = issue_fix_job.find_changes(folder, recipe, entry)
    found = replace(found, versions=versions, message="Words that several blanks separate are counted once (#3)")
    assert issue_fix_job.mine(folder, recipe, entry, found) == f"{tasks} of {tasks} valid"
    assert issue_fix_job.mine(folder, recipe, entry, found) == "done before"
    made = issue_fix_job.read_mined(folder, entry, found)
    goals = {goal.text for goal in read_goals(folder, style=style)}
    assert sum(task.goal in goals for task in made) >= 1
    for task in made:
        assert leaks_of(task.goal, Hidden(tests=task.fail_to_pass, oracle_patch="")) == []
    said = task_trace_job.trace_tasks(folder, recipe, entry, issue_fix_job.unit_name(entry, found))
    assert said.startswith(f"{tasks} of {tasks} runs part")
    assert {record.task_id for record in read_divergences(folder)} == {task.id for task in made}
    shown = divergences_shown(folder)
    assert (shown["tasks"]["status"], shown["edits"]["runs"]) == ({"parted": tasks}, 0)
    assert {row["style"] for row in goals_shown(folder)} == {"notes", "symptom", "verbose"}
    assert len(list(Store(folder, "images").rows(["image"]))) == 1
