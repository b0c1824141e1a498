"""Joins traces to tasks and to episodes: where failing tests part from their runs on the solution; and tells goals of tasks."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from collectors.episode_trees import trees_of
from collectors.failures import read_failure
from collectors.goal_leaks import Hidden
from collectors.goals import Facts, Goal, Style, write_goal
from collectors.issue_fix.goal_material import steps_of
from collectors.issue_fix.mining import OPERATOR
from collectors.issue_fix.sides import is_test_side
from collectors.native_engine import FILE, MOUNT, native_for_base
from collectors.task import Task, task_from_row
from collectors.task_divergence import TaskTracer, record_of
from images.container import Container
from images.health import TestSelection, run_tests
from pipelines.jobs.image_job import image_of, python_texts
from pipelines.jobs.issue_fix_job import goal_records
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.rows import from_row
from trajectories.store import Store

_STYLES = (Style.TERSE, Style.VERBOSE, Style.SYMPTOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A container of the image of some tasks, its Python files, and the compiled engine in it."""

    container: Container
    files: dict[str, str]
    native: str | None


@contextmanager
def _opened(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, image: str) -> Iterator[_Opened]:
    row, tree = image_of(folder, entry, image)
    with ExitStack() as stack:
        containers = stack.enter_context(recipe.containers.session())
        compiled = native_for_base(containers.engine, row["python_version"]) if containers.engine else None
        mounts, native = ({str(compiled): MOUNT}, f"{MOUNT}/{FILE}") if compiled else ({}, None)
        container = stack.enter_context(containers.open(image, mounts=mounts))
        yield _Opened(container=container, files=python_texts(tree), native=native)


def trace_tasks(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, unit: str) -> str:
    """Commit the divergences of the valid tasks of a unit, and the goals of those that were planted; return how many part."""
    store, settings = Store(folder, "divergences"), recipe.task_traces
    if store.is_done(unit):
        return "done before"
    began = time.monotonic()
    rows = Store(folder, "tasks").unit_rows(unit)
    tasks = [task_from_row(row) for row in rows if row["status"] == "valid"]
    found, goals = [], []
    if tasks:
        with _opened(folder, recipe, entry, tasks[0].image) as opened:
            tracer = TaskTracer(opened.container, opened.files, settings, native=opened.native)
            tracer.prepare(tasks)
            for task in tasks:
                found += [record_of(run, task, settings) for run in tracer.trace(task)]
                if task.kind != OPERATOR:
                    told = planted_goals(opened.container, task, opened.files, seed=recipe.seed)
                    goals += goal_records(task, told, seed=recipe.seed)
    if not Store(folder, "goals").is_done(unit):
        Store(folder, "goals").commit(unit, [goal.to_row() for goal in goals])
    store.commit(unit, [record.to_row() for record in found], seconds=time.monotonic() - began)
    parted = [record for record in found if record.status == "parted"]
    return f"{len(parted)} of {len(found)} runs part, {sum(record.on_path for record in parted)} behind a changed line"


def planted_goals(container: Container, task: Task, files: dict[str, str], *, seed: int) -> Sequence[Goal]:
    """Return the goals of a planted bug, one of each style; the terse one names its tests, which lie in the tree."""
    start = task.start(files)
    container.put({path: text.encode() for path, text in start.items()})
    run = run_tests(container, TestSelection(ids=list(task.fail_to_pass[:1])))
    container.put({path: files[path].encode() for path in start})
    message = next((run.outcomes[test].message for test in task.fail_to_pass[:1] if test in run.outcomes), "")
    failure = read_failure(message)
    facts = Facts(
        project=task.repository,
        failure=failure,
        message=message,
        tests=task.fail_to_pass,
        own=lambda path: path in files and not is_test_side(path),
        function=task.places[0].function,
        path=task.places[0].path,
        steps=steps_of(failure, files),
    )
    known = list(start.values())
    goals = []
    for style in _STYLES:
        tests = () if style is Style.TERSE else task.fail_to_pass
        goals.append(
            write_goal(style, facts, Hidden(tests=tests, oracle_patch=task.oracle_patch, known=known), seed=seed)
        )
    return goals


def trace_episodes(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, task: Task) -> str:
    """Commit where the task's tests part behind each edit of its episodes; return in how many states."""
    store, settings, said = Store(folder, "divergences"), recipe.task_traces, []
    for row in Store(folder, "episodes").rows():
        played = from_row(row).episode
        if played is None or played.task_id != task.id or store.is_done(row["id"]):
            continue
        began = time.monotonic()
        found = []
        with _opened(folder, recipe, entry, task.image) as opened:
            tracer = TaskTracer(opened.container, opened.files, settings, native=opened.native)
            planted = task.start(opened.files)
            steps = list(trees_of(played, {**opened.files, **planted}))
            states = [{**planted, **texts} for _, texts in steps]
            for (step, _), runs in zip(steps, tracer.trace_states(task, states), strict=True):
                found += [record_of(run, task, settings, episode=row["id"], step=step) for run in runs]
        store.commit(row["id"], [record.to_row() for record in found], seconds=time.monotonic() - began)
        said.append(f"{len(found)} states, {sum(record.status == 'parted' for record in found)} of them part")
    return "; ".join(said) or "done before"
