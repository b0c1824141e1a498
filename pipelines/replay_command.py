"""worldline replay: plays a run's episodes again in fresh containers and says of each whether it is the same."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from collectors.replay import Comparison, Sameness, replay
from collectors.task import Task, task_from_row
from pipelines.entry_build import repository_name
from pipelines.errors import UserError
from pipelines.jobs.image_job import image_of, source_texts
from pipelines.recipe import CollectRecipe, RepositoryEntry
from pipelines.run_folder import recipe_of
from trajectories.rows import from_row
from trajectories.store import Store
from trajectories.trajectory import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One episode that was played again."""

    id: str
    repository: str
    steps: int
    comparison: Comparison

    @property
    def sentence(self) -> str:
        """Say in a line how it went."""
        found = self.comparison
        if found.sameness is Sameness.DIFFERS:
            where = f"step {found.step}" if found.step and found.step <= self.steps else "the end"
            return f"{found.sameness} at {where}: {found.kind}"
        more = ", ".join(found.rules) or found.kind
        return f"{found.sameness} ({more})" if more else str(found.sameness)


def replay_command(folder: Path, ids: Sequence[str], *, workers: int, as_json: bool) -> int:
    """Play the episodes again, all of them where no id is given; return 0 when none differs, else 1."""
    found = []
    for one in replay_episodes(folder, ids, workers=workers):
        found.append(one)
        if not as_json:
            print(f"{one.id}  {one.repository}  {one.sentence}", flush=True)
    if as_json:
        print(json.dumps([as_object(one) for one in found], indent=2))
    elif len(found) > 1:
        _print_counts(found)
    return 0 if all(one.comparison.sameness in (Sameness.EQUAL, Sameness.NORMALISED) for one in found) else 1


def as_object(one: Replayed) -> dict[str, Any]:
    """Return the replay as JSON has it."""
    found = one.comparison
    differs = {"step": found.step, "kind": found.kind, "shown": found.shown}
    return {
        "id": one.id,
        "repository": one.repository,
        "sameness": str(found.sameness),
        "rules": found.rules,
        **differs,
    }


def replay_episodes(folder: Path, ids: Sequence[str], *, workers: int = 1) -> Iterator[Replayed]:
    """Yield the replays of the episodes with these ids or beginnings of ids, of all when there are none.

    Raises `UserError` for an id that no episode or more than one has.
    """
    recipe = recipe_of(folder)
    entries = {repository_name(entry): entry for entry in recipe.repositories}
    chosen = _chosen(folder, ids)
    tasks = {row["id"]: task_from_row(row) for row in Store(folder, "tasks").rows()}
    with ThreadPoolExecutor(workers) as pool:
        waiting = [
            pool.submit(_replay, folder, recipe, entries[unit.origin.repository], tasks, unit=unit) for unit in chosen
        ]
        for done in waiting:
            yield done.result()


def _chosen(folder: Path, ids: Sequence[str]) -> list[Trajectory]:
    store = Store(folder, "episodes")
    units = store.units()
    if not units:
        raise UserError(f"run {str(folder)!r} has no episodes: collect some first")
    wanted = []
    for name in ids:
        matching = [unit for unit in units if unit.startswith(name)]
        if len(matching) != 1:
            raise UserError(
                f"{name!r} is the beginning of {len(matching)} episode ids of {str(folder)!r}: give one's own"
            )
        wanted += matching
    return [from_row(row) for unit in wanted or units for row in store.unit_rows(unit)]


def _replay(
    folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, tasks: dict[str, Task], *, unit: Trajectory
) -> Replayed:
    episode = unit.episode
    assert episode is not None
    row, tree = image_of(folder, entry, tasks[episode.task_id].image)
    with recipe.containers.session() as containers:
        found = replay(
            tasks[episode.task_id], episode, lambda: containers.open(row["image"]), source_texts(tree), recipe.episodes
        )
    return Replayed(id=unit.id, repository=row["repository"], steps=len(episode.steps), comparison=found)


def _print_counts(found: Sequence[Replayed]) -> None:
    table = Table("sameness", "episodes", "share", "of these")
    for sameness in Sameness:
        those = [one.comparison for one in found if one.comparison.sameness is sameness]
        kinds = Counter(name for one in those for name in (one.rules or (one.kind,) if one.kind or one.rules else ()))
        named = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        table.add_row(str(sameness), str(len(those)), f"{100 * len(those) / len(found):.1f} %", escape(named))
    Console().print(table)
