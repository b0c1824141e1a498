"""Maps which test reaches which function of one repository, and reads the map back."""

import time
from pathlib import Path

from collectors.entry_points import functions_of
from collectors.line_coverage import Reach, map_coverage
from images.docker_container import DockerContainer
from images.engine import Engine
from pipelines.jobs.image_job import passing_tests, read_image, repository_name, source_texts
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.store import Store


def map_tests(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> str:
    """Commit one row for each test and function that it reaches; return how many."""
    store, unit = Store(folder, "coverage"), repository_name(entry)
    if store.is_done(unit):
        return "done before"
    began = time.monotonic()
    row, tree = read_image(folder, entry)
    with DockerContainer(Engine(), row["image"]) as container:
        reached = map_coverage(container, passing_tests(row), source_texts(tree), timeout_s=recipe.images.test_seconds)
    rows = [
        {
            "repository": unit,
            "test": reach.test,
            "outcome": reach.outcome,
            "core": reach.core,
            "path": reach.function.path,
            "function": reach.function.name,
            "first_line": reach.function.first_line,
            "lines": list(reach.lines),
        }
        for reach in reached
    ]
    store.commit(unit, rows, seconds=time.monotonic() - began)
    return f"{len(rows)} reached"


def read_map(folder: Path, entry: RepositoryEntry, sources: dict[str, str]) -> list[Reach]:
    """Return the committed map of a repository."""
    known = {(f.path, f.first_line): f for path, text in sources.items() for f in functions_of(path, text)}
    rows = Store(folder, "coverage").unit_rows(repository_name(entry))
    return [
        Reach(
            test=row["test"],
            outcome=row["outcome"],
            core=row["core"],
            function=known[row["path"], row["first_line"]],
            lines=tuple(row["lines"]),
        )
        for row in rows
    ]
