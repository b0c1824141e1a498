"""The coverage map as a unit of a collection, in images of both cores."""

from pathlib import Path

import pytest

from images.base_image import ensure_base
from images.build_settings import BuildSettings
from images.engine import Engine
from images.release_history import write_history
from images.source_tree import SourceTree
from pipelines.jobs.image_job import build, read_image, source_texts
from pipelines.jobs.map_job import map_tests, read_map
from pipelines.recipe import CollectRecipe, RepositoryEntry
from tests.conftest import sample_files

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.mark.parametrize(("python", "core"), [("3.11", "CTracer"), ("3.13", "SysMonitor")])
def test_the_map_of_an_image_is_committed_and_read_back(tmp_path: Path, engine: Engine, python: str, core: str) -> None:
    ensure_base(engine, python)
    write_history(tmp_path / "ledger", [("1", SourceTree(files=sample_files()))])
    entry = RepositoryEntry(spec=str(tmp_path / "ledger"))
    recipe = CollectRecipe(
        name="m", run_folder=str(tmp_path), repositories=(entry,), images=BuildSettings(python=python)
    )
    assert build(tmp_path, recipe, entry) == "executable"
    assert map_tests(tmp_path, recipe, entry).endswith(" reached")
    _, tree = read_image(tmp_path, entry)
    reached = read_map(tmp_path, entry, source_texts(tree))
    assert {reach.core for reach in reached} == {core}
    assert ("tests/test_ledger.py::test_largest", "largest") in {(r.test, r.function.name) for r in reached}
    assert map_tests(tmp_path, recipe, entry) == "done before"
