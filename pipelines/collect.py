"""Collect: a recipe's repositories become images, coverage maps, traces, accounts, tasks and episodes, and its programs
traces, as units of work on Ray.

    python -m pipelines.collect RECIPE

What is committed is the only state: a run that is killed at any moment goes on where it was.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray

from collectors.programs_file import Lines
from images.base_image import base_name, ensure_base
from images.errors import BadSource, ContainerLost
from pipelines.cli_errors import exit_with_sentence
from pipelines.entry_build import repository_name, spec_text
from pipelines.errors import UserError
from pipelines.jobs import (
    account_job,
    episode_job,
    image_job,
    issue_fix_job,
    map_job,
    near_duplicate_job,
    program_job,
    task_job,
    task_trace_job,
    trace_job,
)
from pipelines.policies import make_policy
from pipelines.progress import Progress
from pipelines.ray_session import ray_session
from pipelines.recipe import CollectRecipe, ProgramsEntry, RepositoryEntry
from pipelines.recipe_job import run_recipe
from pipelines.run_folder import claim
from trajectories.errors import DiskFull
from trajectories.schema import DATASETS
from trajectories.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit of work: its stage, what it is called in progress lines, and the call that does it."""

    stage: str
    name: str
    call: Callable[..., str]
    arguments: tuple[Any, ...]
    entry: RepositoryEntry | ProgramsEntry


def collect(recipe: CollectRecipe) -> Path:
    """Run the recipe to its end and return the run's folder.

    A unit that fails is reported and counted and the others go on; `UserError` is raised at the end when any failed.
    """
    account_job.check_rewriter(recipe)
    make_policy(recipe.episodes, seed=recipe.seed)
    _check_names(recipe)
    parts = {entry: program_job.parts(recipe, entry) for entry in recipe.programs}
    folder = claim(recipe)
    for dataset in DATASETS:
        Store(folder, dataset).sweep()
    with recipe.containers.session() as containers:
        if containers.engine:
            containers.engine.check_space()
            containers.engine.remove_orphans()
            ensure_base(containers.engine, recipe.images.python, image=recipe.images.base_image)
        containers.make_ready(base_name(recipe.images.python))
    with ray_session(recipe.workers):
        failures = _Driver(folder, recipe, parts).run()
    if failures:
        raise UserError(
            f"{len(failures)} units failed, the first: {failures[0]}; run the same command to try them again"
        )
    return folder


def _check_names(recipe: CollectRecipe) -> None:
    """Raise `UserError` when two repositories would be one unit: the second would be taken for done."""
    known: dict[str, RepositoryEntry] = {}
    for entry in recipe.repositories:
        other = known.setdefault(repository_name(entry), entry)
        if other is not entry:
            texts = [spec_text(e) for e in (other, entry)]
            raise UserError(f"repositories {texts[0]!r} and {texts[1]!r} have one name: put them into two runs")


class _Driver:
    """Keeps as many units running as there are workers; what a unit makes possible is queued when it ends."""

    def __init__(self, folder: Path, recipe: CollectRecipe, parts: Mapping[ProgramsEntry, Sequence[Lines]]) -> None:
        self._folder = folder
        self._recipe = recipe
        self._waiting = deque(self._unit("images", image_job.build, entry) for entry in recipe.repositories)
        for entry, lines in parts.items():
            for part in lines:
                name = program_job.unit_name(entry, part)
                self._waiting.append(self._unit("programs", program_job.trace, entry, part, name=name))
        self._running: dict[Any, tuple[Unit, float]] = {}
        self._progress = Progress()
        self._failures: list[str] = []

    def run(self) -> list[str]:
        """Return one sentence for each unit that failed."""
        for unit in self._waiting:
            self._progress.expect(unit.stage)
        with self._progress:
            self._work_off()
            # What compares a repository's episodes with each other waits for the last of them.
            for entry in self._recipe.repositories:
                if Store(self._folder, "tasks").is_done(repository_name(entry)):
                    self._waiting.append(self._unit("near-duplicates", near_duplicate_job.mark, entry))
                    self._progress.expect("near-duplicates")
            self._work_off()
        return self._failures

    def _work_off(self) -> None:
        while self._waiting or self._running:
            while self._waiting and len(self._running) < self._recipe.workers:
                self._start(self._waiting.popleft())
            done, _ = ray.wait(list(self._running), num_returns=1)
            self._finish(done[0])

    def _unit(
        self, stage: str, call: Callable[..., str], entry: RepositoryEntry | ProgramsEntry, *more: Any, name: str = ""
    ) -> Unit:
        if isinstance(entry, RepositoryEntry):
            name = name or repository_name(entry)
        return Unit(
            stage=stage,
            name=name,
            call=call,
            arguments=(self._folder, self._recipe, entry, *more),
            entry=entry,
        )

    def _start(self, unit: Unit) -> None:
        task = _run_unit.options(name=f"{unit.stage} {unit.name}")
        self._running[task.remote(unit.call, unit.arguments)] = (unit, time.monotonic())

    def _finish(self, reference: Any) -> None:
        unit, started = self._running.pop(reference)
        try:
            said = ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, DiskFull):
                raise error.cause from None
            said = f"failed: {error.cause!r}"
            self._failures.append(f"{unit.stage} of {unit.name}: {error.cause!r}")
        except ray.exceptions.RayError as error:
            said = f"failed: {type(error).__name__}"
            self._failures.append(f"{unit.stage} of {unit.name}: {type(error).__name__}")
        else:
            self._follow(unit, said)
        self._progress.done(unit.stage, unit.name, said, time.monotonic() - started)

    def _follow(self, unit: Unit, said: str) -> None:
        following: list[Unit] = []
        entry = unit.entry
        if isinstance(entry, ProgramsEntry):
            return
        if unit.stage == "images" and said == "executable":
            following = [self._unit("coverage", map_job.map_tests, entry)]
        elif unit.stage == "coverage":
            following = [self._unit("traces", trace_job.trace, entry), self._unit("tasks", task_job.plant, entry)]
        elif unit.stage == "traces":
            following = [self._unit("accounts", account_job.tell, entry)]
        elif unit.stage == "accounts":
            parts = account_job.to_rewrite(self._folder, self._recipe, entry)
            following = [self._unit("rewritten", account_job.rewrite, entry, part) for part in parts]
        elif unit.stage == "tasks":
            following = [
                self._unit("episodes", episode_job.forage, entry, task, name=f"{task.repository} {task.operator}")
                for task in task_job.read_tasks(self._folder, entry)
            ]
        following += self._joined(unit, entry)
        for new in following:
            self._progress.expect(new.stage)
            self._waiting.append(new)

    def _joined(self, unit: Unit, entry: RepositoryEntry) -> list[Unit]:
        """Return the units that mine the repository's history, and those that join traces to tasks and episodes."""
        settings = self._recipe.task_traces
        if unit.stage == "images":
            return self._mined(entry)
        if unit.stage in ("tasks", "issue-fix"):
            mined = unit.stage == "issue-fix"
            name = issue_fix_job.unit_name(entry, unit.arguments[3]) if mined else repository_name(entry)
            traced = [self._unit("task traces", task_trace_job.trace_tasks, entry, name, name=name)]
            return (traced if settings.tests else []) + (self._played(unit, entry) if mined else [])
        if unit.stage == "episodes" and settings.episodes:
            task = unit.arguments[3]
            first = [known.id for known in task_job.read_tasks(self._folder, entry)[: settings.episodes]]
            if task.id in first:
                return [self._unit("edit traces", task_trace_job.trace_episodes, entry, task, name=unit.name)]
        return []

    def _played(self, unit: Unit, entry: RepositoryEntry) -> list[Unit]:
        """Return a unit for each task of a change that is to be played."""
        tasks = (
            issue_fix_job.read_mined(self._folder, entry, unit.arguments[3]) if self._recipe.issue_fix.episodes else []
        )
        return [self._unit("episodes", episode_job.forage, entry, task, name=unit.name) for task in tasks]

    def _mined(self, entry: RepositoryEntry) -> list[Unit]:
        """Return a unit for each change of the repository's history."""
        name = repository_name(entry)
        try:
            changes = issue_fix_job.find_changes(self._folder, self._recipe, entry)
        except BadSource as error:
            self._failures.append(f"the history of {name}: {error}")
            return []
        mine = issue_fix_job.mine
        return [self._unit("issue-fix", mine, entry, change, name=f"{name} {change.name}") for change in changes]


# Retries are ours: a unit that ran twice commits once, and a failing repository is not tried again (reliability, 8).
@ray.remote(num_cpus=1, max_retries=2)
def _run_unit(call: Callable[..., str], arguments: tuple[Any, ...]) -> str:
    return run_again_if_lost(call, arguments)


def run_again_if_lost(call: Callable[..., str], arguments: tuple[Any, ...]) -> str:
    """Do a unit of work, once more with another container when its own was lost; what was committed is not done again."""
    try:
        return call(*arguments)
    except ContainerLost:
        return call(*arguments)


def main(arguments: list[str]) -> int:
    """Collect what the recipe asks for; return the exit code."""
    return run_recipe(arguments, "pipelines.collect", CollectRecipe, collect)


if __name__ == "__main__":
    # Run as `-m`, this module is `__main__`; Ray pickles its functions by name, so the importable one is called.
    from pipelines import collect as importable

    sys.exit(exit_with_sentence(lambda: importable.main(sys.argv[1:])))
