"""Plays one task with the run's policy and commits the episode, or the fault that kept it from its end."""

import time
from pathlib import Path

from collectors.forager import play
from collectors.task import Task
from pipelines.errors import EpisodeFault
from pipelines.jobs.image_job import image_of, source_texts
from pipelines.jobs.trace_job import origin_of
from pipelines.policies import make_policy
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.ends import Cause
from trajectories.episode import Episode
from trajectories.origin import Origin
from trajectories.rows import to_row
from trajectories.store import Store
from trajectories.trajectory import Outcome, Trajectory, content_id

COLLECTOR = "forager-2"
# In one run, and in all runs together before a fault of the container or of ours is what stands for the episode.
_ATTEMPTS, _SETTLED = 2, 3


def episode_id(task: str, *, policy: str, seed: int) -> str:
    """Return the id of the episode of the task with this id: policy, seed and collector are all else that decides it."""
    return content_id("episode", task, policy, seed, COLLECTOR)


def forage(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, task: Task) -> str:
    """Commit the episode of the task; return how it went.

    An episode without a valid reward goes to the dataset of faults and is tried again, here and by the next run; raise
    `EpisodeFault` when it is still open.
    """
    policy = make_policy(recipe.episodes, seed=recipe.seed)
    unit = episode_id(task.id, policy=policy.name, seed=recipe.seed)
    store = Store(folder, "episodes")
    if store.is_done(unit):
        return "done before"
    row, tree = image_of(folder, entry, task.image)
    origin = origin_of(row, collector=COLLECTOR, seed=recipe.seed)
    episode = None
    for _ in range(_ATTEMPTS):
        policy, began = make_policy(recipe.episodes, seed=recipe.seed), time.monotonic()
        with recipe.containers.session() as containers:
            episode = play(task, policy, lambda: containers.open(row["image"]), source_texts(tree), recipe.episodes)
        seconds = time.monotonic() - began
        if episode.reward_valid:
            return _commit(store, unit, _trajectory(unit, origin, episode), seconds)
        faults = _commit_fault(folder, unit, _trajectory(unit, origin, episode), seconds)
        if episode.cause is Cause.MODEL_FAULT:
            break
        if faults >= _SETTLED:
            return _commit(store, unit, _trajectory(unit, origin, episode), seconds)
    assert episode is not None
    raise EpisodeFault(f"{episode.cause} after {len(episode.steps)} steps: {episode.reason}")


def _trajectory(unit: str, origin: Origin, episode: Episode) -> Trajectory:
    outcomes = {None: Outcome.INVALID, 1.0: Outcome.SOLVED}
    return Trajectory(id=unit, origin=origin, outcome=outcomes.get(episode.reward, Outcome.FAILED), episode=episode)


def _commit(store: Store, unit: str, trajectory: Trajectory, seconds: float) -> str:
    assert trajectory.episode is not None
    store.commit(unit, [to_row(trajectory)], seconds=seconds)
    return f"{trajectory.episode.cause} in {len(trajectory.episode.steps)} steps"


def _commit_fault(folder: Path, unit: str, trajectory: Trajectory, seconds: float) -> int:
    """Commit the fault beside those of earlier attempts; return how many are not a model's."""
    store = Store(folder, "faults")
    known = [name for name in store.units() if name.startswith(unit)]
    store.commit(f"{unit}-{len(known)}", [to_row(trajectory)], seconds=seconds)
    causes = [row["episode"]["cause"] for name in [*known, f"{unit}-{len(known)}"] for row in store.unit_rows(name)]
    return sum(cause != Cause.MODEL_FAULT for cause in causes)
