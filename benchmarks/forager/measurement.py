"""Measurement: one project, its bugs and their repair, as rows that are measured once."""

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.forager.metered_container import Meter, MeteredContainer
from collectors.candidates import Candidates
from collectors.forager import EpisodeLimits, play
from collectors.line_coverage import Reach, map_coverage
from collectors.mutate_fix import MutateFixSettings, Planting, plant_bugs
from collectors.repairer import Repairer
from collectors.task import Task, task_to_row
from images.build import build_image
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.engine import Engine
from images.health import TestSelection, run_tests
from images.host_pip import read_host_pip
from images.record_shelf import RecordShelf, still_there
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import parse_spec
from pipelines.jobs.image_job import source_texts

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many candidates and tasks a project gets, how many of them run in a fresh process too, how many episodes."""

    candidates: int = 260
    tasks: int = 160
    joined: int = 10
    fresh: int = 8
    episodes: int = 30
    seed: int = 0


class Project:
    """One release with its image, its coverage map and a way to open metered containers."""

    def __init__(self, engine: Engine, spec: str, shelves: Sequence[RecordShelf]) -> None:
        self._engine = engine
        self.spec = spec
        self.meter = Meter()
        self.tree: SourceTree = fetch(parse_spec(spec), pip=read_host_pip())
        self.record = self._build(shelves)
        self.sources = source_texts(self.tree)

    def _build(self, shelves: Sequence[RecordShelf]) -> ImageRecord:
        settings = BuildSettings()
        for shelf in shelves:
            known = shelf.find(self.spec, settings)
            if known and still_there(self._engine, known, None):
                return known
        record = build_image(self._engine, parse_spec(self.spec), self.tree, settings)
        shelves[0].put(record, settings)
        return record

    def open(self) -> MeteredContainer:
        """Open a container of the image."""
        return MeteredContainer(self._engine, self.record.image, self.meter)

    def reached(self) -> list[Reach]:
        """Return the coverage map."""
        container = self.open()
        try:
            return map_coverage(container, self.record.passing(), self.sources, timeout_s=1200)
        finally:
            container.close()


class Lazy:
    """A project that is fetched, and built where it has to be, when it is asked for."""

    def __init__(self, engine: Engine, spec: str, shelves: Sequence[RecordShelf]) -> None:
        self._engine = engine
        self.spec = spec
        self._shelves = shelves
        self._project: Project | None = None

    def __call__(self) -> Project:
        """Return the project."""
        self._project = self._project or Project(self._engine, self.spec, self._shelves)
        return self._project


def plant(project: Project, sizes: Sizes, *, say: Callable[[str], None]) -> Row:
    """Return what planting gave: every task, and whether a sample ends in the same way in fresh processes."""
    settings = MutateFixSettings(candidates=sizes.candidates, tasks=sizes.tasks, joined=sizes.joined, seed=sizes.seed)
    began = time.monotonic()
    reached = project.reached()
    mapped, used = time.monotonic() - began, project.meter.seconds
    say(f"{project.spec}: map of {len(reached)} in {mapped:.0f} s")
    candidates = Candidates(reached, project.sources, seed=sizes.seed)
    pool = len(candidates)
    planting = Planting(repository=project.spec, split="train", image=project.record.image, source_digest="")
    tasks = plant_bugs(project.open, candidates, project.sources, planting, settings)
    planted, cpu = time.monotonic() - began - mapped, project.meter.seconds - used
    valid = sum(task.status == "valid" for task in tasks)
    say(f"{project.spec}: {valid} of {len(tasks)} valid in {planted:.0f} s, {cpu:.0f} s of a core")
    return {
        "spec": project.spec,
        "lines": sum(text.count("\n") for text in project.sources.values()),
        "pool": pool,
        "map_seconds": mapped,
        "plant_seconds": planted,
        "plant_cpu": cpu,
        "tasks": [task_to_row(task) for task in tasks],
        "fresh": [_fresh(project, task) for task in _sample(tasks, sizes.fresh, sizes.seed)],
    }


def repair(project: Project, tasks: Sequence[Task], sizes: Sizes, *, say: Callable[[str], None]) -> Row:
    """Return the episodes of the built-in repairer on some of the tasks."""
    return {"episodes": [_episode(project, task, say) for task in _spread(tasks, sizes.episodes)]}


def _sample(tasks: Sequence[Task], number: int, seed: int) -> list[Task]:
    known = [task for task in tasks if task.fail_to_pass or task.pass_to_pass]
    return random.Random(seed).sample(known, min(number, len(known)))


def _spread(tasks: Sequence[Task], number: int) -> list[Task]:
    """Return tasks of as many operators as there are, and joined ones."""
    seen: dict[str, int] = {}
    ranked = []
    for position, task in enumerate(tasks):
        name = task.operator if len(task.places) == 1 else "joined"
        ranked.append((seen.get(name, 0), position))
        seen[name] = seen.get(name, 0) + 1
    return [tasks[position] for _, position in sorted(ranked)[:number]]


def _fresh(project: Project, task: Task) -> Row:
    """Run the same tests in a process that nothing was forked from; say whether they end in the same way."""
    expected = {**dict.fromkeys(task.fail_to_pass, True), **dict.fromkeys(task.pass_to_pass, False)}
    used = project.meter.seconds
    container = project.open()
    try:
        container.put({path: text.encode() for path, text in task.start(project.sources).items()})
        run = run_tests(container, TestSelection(ids=list(expected)))
    finally:
        container.close()
    found = {test.id: test.outcome in ("failed", "error") for test in run.outcomes.values()}
    return {"operator": task.operator, "equal": found == expected, "cpu": project.meter.seconds - used}


def _episode(project: Project, task: Task, say: Callable[[str], None]) -> Row:
    began, used, own = time.monotonic(), project.meter.seconds, time.process_time()
    episode = play(task, Repairer(), project.open, project.sources, EpisodeLimits(steps=120))
    row = {
        "operator": task.operator,
        "places": len(task.places),
        "solved": episode.reward == 1.0,
        "steps": len(episode.steps),
        "seconds": time.monotonic() - began,
        "cpu": project.meter.seconds - used + time.process_time() - own,
    }
    say(f"  {task.operator}: {'solved' if row['solved'] else 'not solved'}, {row['steps']} steps, {row['cpu']:.1f} s")
    return row


class Rows:
    """The rows of all projects, a file for each project and stage; what is there is not measured again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, spec: str, stage: str, measured: Callable[[], Row]) -> Row:
        """Return the row, measured and written at first."""
        path = self._folder / f"{spec.partition(':')[2].replace('==', '-')}.{stage}.json"
        if not path.exists():
            aside = path.with_suffix(".aside")
            aside.write_text(json.dumps(measured()))
            aside.rename(path)
        found: Row = json.loads(path.read_text())
        return found
