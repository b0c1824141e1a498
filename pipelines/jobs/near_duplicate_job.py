"""Marks, of one repository's episodes, those that are left when no two have actions that are alike."""

import time
from dataclasses import asdict
from pathlib import Path

from pipelines.entry_build import repository_name
from pipelines.jobs.episode_job import episode_id
from pipelines.policies import make_policy
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.near_duplicates import actions_of, mark_near_duplicates
from trajectories.rows import from_row
from trajectories.store import Row, Store
from trajectories.trajectory import content_id


def mark(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> str:
    """Commit a mark for each episode of the repository; return how many are kept. No episode is deleted."""
    store, rows = Store(folder, "near_duplicates"), _episodes(folder, recipe, entry)
    unit = _unit(recipe, entry, rows)
    if store.is_done(unit):
        return "done before"
    began = time.monotonic()
    episodes = {row["id"]: from_row(row).episode for row in rows}
    texts = {name: actions_of(episode) for name, episode in episodes.items() if episode}
    marks = mark_near_duplicates(texts, recipe.near_duplicates)
    always = {
        "repository": repository_name(entry),
        "split": entry.split,
        "method": recipe.near_duplicates.method,
        "among": len(marks),
    }
    store.commit(unit, [{**always, **asdict(one)} for one in marks], seconds=time.monotonic() - began)
    return f"{sum(one.kept for one in marks)} of {len(marks)} kept"


def _unit(recipe: CollectRecipe, entry: RepositoryEntry, rows: list[Row]) -> str:
    ids = sorted(row["id"] for row in rows)
    return content_id("near-duplicates", repository_name(entry), ids, recipe.near_duplicates.method)


def _episodes(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> list[Row]:
    """Return the rows of the repository's episodes, found by the ids that its tasks give them.

    A repository's own unit of tasks is named like it; others begin with its name.
    """
    store, tasks = Store(folder, "episodes"), Store(folder, "tasks")
    policy, name = make_policy(recipe.episodes, seed=recipe.seed).name, repository_name(entry)
    own = [unit for unit in tasks.units() if unit == name or unit.startswith(f"{name}-")]
    known = [row["id"] for unit in own for row in tasks.unit_rows(unit, ["id"])]
    units = [episode_id(task, policy=policy, seed=recipe.seed) for task in known]
    return [row for unit in units if store.is_done(unit) for row in store.unit_rows(unit)]
