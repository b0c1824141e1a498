"""Plants bugs in one repository and commits the tasks, refused ones included."""

import time
from pathlib import Path

from collectors.candidates import Candidates
from collectors.gates.check import check_tasks
from collectors.mutate_fix import Planting, plant_bugs
from collectors.task import Task, task_from_row, task_to_row
from pipelines.entry_build import repository_name
from pipelines.jobs.image_job import read_image, source_texts
from pipelines.jobs.map_job import read_map
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.store import Store


def plant(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> str:
    """Commit the repository's tasks; return how many are valid."""
    store, unit = Store(folder, "tasks"), repository_name(entry)
    if store.is_done(unit):
        return "done before"
    began = time.monotonic()
    row, tree = read_image(folder, entry)
    sources = source_texts(tree)
    candidates = Candidates(read_map(folder, entry, sources), sources, seed=recipe.tasks.seed)
    planting = Planting(repository=unit, split=row["split"], image=row["image"], source_digest=row["source_digest"])
    with recipe.containers.session() as containers:
        planted = plant_bugs(lambda: containers.open(row["image"]), candidates, sources, planting, recipe.tasks)
        tasks = check_tasks(lambda: containers.open(row["image"]), planted, sources, recipe.gates)
    store.commit(unit, [task_to_row(task) for task in tasks], seconds=time.monotonic() - began)
    return f"{sum(task.status == 'valid' for task in tasks)} of {len(tasks)} valid"


def read_tasks(folder: Path, entry: RepositoryEntry) -> list[Task]:
    """Return the valid tasks of a repository."""
    rows = Store(folder, "tasks").unit_rows(repository_name(entry))
    return [task_from_row(row) for row in rows if row["status"] == "valid"]
