"""Mines issue-fix tasks from the history of one repository: a unit for each change, with an image, tasks and goals of its own."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from collectors.gates.check import check_tasks
from collectors.goals import METHOD, Goal
from collectors.issue_fix.changelog import notes_between
from collectors.issue_fix.goal_material import Told, goals_of
from collectors.issue_fix.mining import Change, Mined, Miner
from collectors.issue_fix.sides import before_the_tests, is_changelog, is_test_side, split_change
from collectors.task import Task, task_from_row, task_to_row
from images.build import build_image
from images.commit_history import Commit, first_line, open_history, read_commits
from images.git_source import fetch_history_of, read_commit
from images.source_store import keep_source
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind, parse_spec
from pipelines.entry_build import repository_name, settings_of
from pipelines.jobs.image_job import python_texts, source_texts, spec_of
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.goal_record import TEMPLATE, GoalRecord
from trajectories.store import Store
from trajectories.trajectory import content_id

# Commits that are read for one that changes source and tests.
_READ_FOR_ONE = 20
_RELEASE = "Release "


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A change that is worth a try: a commit and its parent; `versions` are those of two releases, empty for a commit."""

    commit: str
    parent: str
    message: str
    versions: tuple[str, str] | None

    @property
    def name(self) -> str:
        """Return what the change is called in tasks and progress lines."""
        return "..".join(self.versions) if self.versions else self.commit[:12]


def find_changes(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> list[Found]:
    """Return the newest changes of the repository's history that change source and tests; none without a history.

    Raises `BadSource` for a history that cannot be fetched or read.
    """
    most = recipe.issue_fix.changes
    spec = _history_of(entry, folder, recipe) if most else None
    if spec is None or spec.kind is not SourceKind.PATH or not _is_repository(Path(spec.location)):
        return []
    released = bool(entry.releases) or parse_spec(entry.spec).kind is SourceKind.HISTORY
    found: list[Found] = []
    with open_history(Path(spec.location), spec.revision, recipe.sources) as history:
        for commit in read_commits(history, most=most * _READ_FOR_ONE):
            if len(found) < most and _may_fix(commit):
                found.append(_found(commit, released=released))
    return found


def _is_repository(folder: Path) -> bool:
    return (folder / ".git").exists() or (folder / "HEAD").is_file()


def _history_of(entry: RepositoryEntry, folder: Path, recipe: CollectRecipe) -> RepositorySpec:
    """Return the spec of a repository on disk that holds the entry's history; that of an address is fetched first."""
    spec = spec_of(entry, folder)
    if spec.kind is not SourceKind.GIT_URL:
        return spec
    target = folder / "sources" / f"{spec.repository}.git"
    commits = recipe.issue_fix.changes * _READ_FOR_ONE + 1
    fetch_history_of(spec.location, spec.revision, target, commits=commits, settings=recipe.sources)
    return parse_spec(str(target))


def _may_fix(commit: Commit) -> bool:
    """Say whether the commit changes Python files on both sides: source, and test modules."""
    python = [path for path, sides in commit.texts.items() if path.endswith(".py") and sides != (None, None)]
    return any(map(is_test_side, python)) and not all(map(is_test_side, python))


def _found(commit: Commit, *, released: bool) -> Found:
    sides = (first_line(text).removeprefix(_RELEASE) for text in (commit.parent_message, commit.message))
    before, after = sides
    return Found(
        commit=commit.id,
        parent=commit.parent,
        message=commit.message,
        versions=(before, after) if released else None,
    )


def unit_name(entry: RepositoryEntry, found: Found) -> str:
    """Return the unit under which a change's image, tasks and goals are committed."""
    return f"{repository_name(entry)}-{found.commit[:12]}"


def mine(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, found: Found) -> str:
    """Commit the image of the change, its goals and its tasks, refused candidates included; return how many are valid."""
    unit, tasks = unit_name(entry, found), Store(folder, "tasks")
    if tasks.is_done(unit):
        return "done before"
    began = time.monotonic()
    spec = _history_of(entry, folder, recipe)
    before, after = (_tree(spec, commit, recipe) for commit in (found.parent, found.commit))
    tree = before_the_tests(before, after) if found.versions else before
    keep_source(tree, folder / "sources")
    with recipe.containers.session() as containers:
        engine = containers.needed_engine("building an image")
        spec = replace(spec, text=f"{spec.text}@{found.commit}", revision=found.commit)
        record = build_image(engine, spec, tree, settings_of(entry, recipe.images))
        Store(folder, "images").commit(unit, [{**asdict(record), "split": entry.split}], seconds=record.seconds)
        if not record.executable:
            tasks.commit(unit, [], seconds=time.monotonic() - began)
            return f"no image: {record.reason[:80]}"
        containers.make_ready(record.image)
        change = Change(
            repository=record.repository,
            split=entry.split,
            image=record.image,
            source_digest=record.source_digest,
            name=found.name,
            whole=found.versions is None,
            sides=split_change(before, after),
            passing=tuple(record.passing()),
        )
        with containers.open(record.image) as container:
            mined = Miner(container, change, recipe.issue_fix).mine()
        told = _told(found, before, after)
        texts = python_texts(tree)
        pairs = [(each, goals_of(each, told, texts, seed=recipe.seed) if _is_valid(each) else []) for each in mined]
        with_goals = [with_goal(each.task, goals) for each, goals in pairs]
        made = check_tasks(lambda: containers.open(record.image), with_goals, source_texts(tree), recipe.gates)
    rows = [record.to_row() for each, goals in pairs for record in goal_records(each.task, goals, seed=recipe.seed)]
    Store(folder, "goals").commit(unit, rows)
    tasks.commit(unit, [task_to_row(task) for task in made], seconds=time.monotonic() - began)
    return f"{sum(task.status == 'valid' for task in made)} of {len(made)} valid"


def _tree(spec: RepositorySpec, commit: str, recipe: CollectRecipe) -> SourceTree:
    return read_commit(Path(spec.location), commit, recipe.sources)


def _is_valid(mined: Mined) -> bool:
    return mined.task.status == "valid"


def _told(found: Found, before: SourceTree, after: SourceTree) -> Told:
    if found.versions is None:
        return Told(message=" ".join(found.message.split()))
    texts = [{path: tree.text(path) or "" for path in tree.files if is_changelog(path)} for tree in (before, after)]
    return Told(entries=notes_between(texts[0], texts[1], found.versions).entries)


def with_goal(task: Task, goals: Sequence[Goal]) -> Task:
    """Return the task with the first goal that may be used; without one it is refused."""
    if task.status != "valid":
        return task
    goal = next((goal for goal in goals if goal.text), None)
    if goal is None:
        return replace(task, status="refused", reason=f"no goal: {goals[0].reason if goals else 'none was asked for'}")
    return replace(task, goal=goal.text)


def goal_records(task: Task, goals: Sequence[Goal], *, seed: int) -> list[GoalRecord]:
    """Return what is stored of the goals of a task."""
    return [
        GoalRecord(
            id=content_id("goal", task.id, goal.style, TEMPLATE, METHOD, seed),
            task_id=task.id,
            repository=task.repository,
            split=task.split,
            style=goal.style,
            writer=TEMPLATE,
            method=METHOD,
            seed=seed,
            text=goal.text,
            reason=goal.reason,
        )
        for goal in goals
    ]


def read_mined(folder: Path, entry: RepositoryEntry, found: Found) -> list[Task]:
    """Return the valid tasks of a change."""
    rows = Store(folder, "tasks").unit_rows(unit_name(entry, found))
    return [task_from_row(row) for row in rows if row["status"] == "valid"]
