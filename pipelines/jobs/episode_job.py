"""Plays one task with the built-in repairer and commits the episode."""

import time
from pathlib import Path

from collectors.forager import play
from collectors.repairer import Repairer
from collectors.task import Task
from pipelines.jobs.image_job import image_of, source_texts
from pipelines.jobs.trace_job import origin_of
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.rows import to_row
from trajectories.store import Store
from trajectories.trajectory import Outcome, Trajectory, content_id

COLLECTOR = "forager-1"


def episode_id(task: Task, *, policy: str, seed: int) -> str:
    """Return the id of the episode: it depends on the task, the policy, the seed and the collector alone."""
    return content_id("episode", task.id, policy, seed, COLLECTOR)


def forage(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, task: Task) -> str:
    """Commit the episode of the task; return how it went."""
    policy = Repairer()
    unit = episode_id(task, policy=policy.name, seed=recipe.seed)
    store = Store(folder, "episodes")
    if store.is_done(unit):
        return "done before"
    began = time.monotonic()
    row, tree = image_of(folder, entry, task.image)
    with recipe.containers.session() as containers:
        episode = play(task, policy, lambda: containers.open(row["image"]), source_texts(tree), recipe.episodes)
    outcome = Outcome.SOLVED if episode.reward == 1.0 else Outcome.FAILED
    origin = origin_of(row, collector=COLLECTOR, seed=recipe.seed)
    store.commit(
        unit,
        [to_row(Trajectory(id=unit, origin=origin, outcome=outcome, episode=episode))],
        seconds=time.monotonic() - began,
    )
    return f"{outcome} in {len(episode.steps)} steps"
