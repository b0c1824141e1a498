"""A collection whose images were built and exported goes on where no container engine is."""

from dataclasses import replace
from pathlib import Path

import pytest

from collectors.mutate_fix import MutateFixSettings
from images.build_settings import BuildSettings
from images.container_choice import ContainerSettings
from images.engine import Engine
from images.errors import EngineError
from images.release_history import write_history
from images.source_tree import SourceTree
from pipelines.errors import RecipeError
from pipelines.jobs import image_job, map_job, task_job, trace_job
from pipelines.recipe import CollectRecipe, RepositoryEntry, from_table
from tests.conftest import sample_files
from tests.images.flaky_engine import FlakyEngine

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def test_units_run_without_an_engine(
    tmp_path: Path, engine: Engine, base: str, roots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_history(tmp_path / "ledger", [("1", SourceTree(files=sample_files()))])
    entry = RepositoryEntry(spec=str(tmp_path / "ledger"))
    recipe = CollectRecipe(
        name="m",
        run_folder=str(tmp_path),
        repositories=(entry,),
        images=BuildSettings(test_runs=1),
        containers=ContainerSettings(kind="bubblewrap", roots=str(tmp_path / "roots")),
        tasks=MutateFixSettings(tasks=1),
    )
    assert image_job.build(tmp_path, recipe, entry) == "executable"
    with FlakyEngine(tmp_path, lambda _: "lose") as none:
        monkeypatch.setenv("DOCKER_HOST", none.address)
        _go_on(tmp_path, recipe, entry)


def _go_on(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> None:
    assert image_job.build(folder, recipe, entry) == "executable"
    assert map_job.map_tests(folder, recipe, entry).endswith(" reached")
    assert not trace_job.trace(folder, recipe, entry).startswith("0 ")
    assert task_job.plant(folder, recipe, entry).startswith("1 of ")
    elsewhere = replace(recipe, containers=ContainerSettings(kind="bubblewrap", roots=str(folder / "other")))
    with pytest.raises(EngineError, match="was not exported"):
        image_job.build(folder, elsewhere, entry)
    with pytest.raises(EngineError, match="run the recipe once on a machine that has one"):
        image_job.build(folder / "new", recipe, entry)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"kind": "podman"}, "kind is 'podman'"),
        ({"kind": "bubblewrap"}, "roots is ''"),
        ({"roots": "/x"}, "bubblewrap alone needs"),
        ({"root": "/x"}, "did you mean 'roots'"),
    ],
)
def test_settings_that_cannot_work_are_refused(table: dict[str, str], sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        from_table(ContainerSettings, table, where="containers.")
