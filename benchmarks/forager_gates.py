"""Gates: tests T41 to T44 on the tasks of a collected run, and what the gates cost.

    python -m benchmarks.forager_gates RECIPE [--only NAME ...] [--tasks 20] [--played 1] [--rewards 1000] [--json] [--quick]

The run must have its images and tasks (`python -m pipelines.collect RECIPE`). Of each repository `--tasks` go through all
gates, the whole kit of forgers is played on `--played` of them, and `--rewards` patches in all are judged twice.
Without gates of its own, a run's tasks are taken as they were planted. `--quick`: 3 tasks, 40 rewards.
"""

import argparse
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.table import Claim, print_claims
from collectors.forgers.kit import kit
from collectors.forgers.play import play_cheat
from collectors.gates import GateSettings, check_tasks
from collectors.judge import JudgeSettings, judge_patch
from collectors.patches import apply_patch, diff_of
from collectors.regrade import Graded, regrade
from collectors.task import Task
from images.container import Container
from pipelines.entry_build import repository_name
from pipelines.jobs.image_job import read_image, source_texts
from pipelines.jobs.task_job import read_tasks
from pipelines.recipe import CollectRecipe, RepositoryEntry, read_recipe

_JUDGE = JudgeSettings(seconds=120)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was measured."""

    checked: list[Task] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    played: int = 0
    rewarded: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    visible: int = 0
    regraded: int = 0
    unequal: int = 0


def main() -> int:
    """Measure and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--played", type=int, default=1)
    parser.add_argument("--rewards", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.tasks, arguments.rewards = min(arguments.tasks, 3), min(arguments.rewards, 40)
    recipe = read_recipe(arguments.recipe, CollectRecipe)
    entries = [e for e in recipe.repositories if not arguments.only or repository_name(e) in arguments.only]
    seen = Seen()
    for entry in entries:
        _measure(recipe, entry, seen, arguments, rewards=-(-arguments.rewards // len(entries)))
    return print_claims(claims(seen), as_json=arguments.json)


def _measure(
    recipe: CollectRecipe, entry: RepositoryEntry, seen: Seen, arguments: argparse.Namespace, *, rewards: int
) -> None:
    folder = Path(recipe.run_folder)
    row, tree = read_image(folder, entry)
    sources = source_texts(tree)
    tasks = read_tasks(folder, entry)[: arguments.tasks]
    with ExitStack() as stack:
        containers = stack.enter_context(recipe.containers.session())
        opened = partial(containers.open, row["image"])
        began = time.monotonic()
        checked = check_tasks(opened, tasks, sources, GateSettings(judge=_JUDGE))
        seen.seconds.append((time.monotonic() - began) / max(1, len(tasks)))
        seen.checked += checked
        good = [task for task in checked if task.status == "valid"]
        for task in good[: arguments.played]:
            _play(task, opened, sources, seen)
        if good:
            _regrade(good, opened, sources, seen, rewards)


def _play(task: Task, opened: Callable[[], Container], sources: Mapping[str, str], seen: Seen) -> None:
    for cheat in kit():
        verdict = play_cheat(cheat, task, opened, sources, _JUDGE)
        seen.played += 1
        seen.visible += not cheat.silent
        seen.rewarded += [cheat.name] if verdict.reward else []
        seen.missed += [cheat.name] if not (cheat.silent or verdict.tamper) else []


def _regrade(
    tasks: Sequence[Task], opened: Callable[[], Container], sources: Mapping[str, str], seen: Seen, count: int
) -> None:
    drawn = random.Random(0)
    stored = []
    for number in range(count):
        task = tasks[number % len(tasks)]
        patch = random_patch(drawn, task, sources)
        stored.append(Graded(task=task, patch=patch, reward=judge_patch(opened, task, sources, patch, _JUDGE).reward))
    seen.regraded += count
    seen.unequal += sum(not again.equal for again in regrade(stored, opened, sources, _JUDGE))


def random_patch(drawn: random.Random, task: Task, sources: Mapping[str, str]) -> str:
    """Return the oracle with other lines beside it in a third of the cases, else the bug with a line changed at random."""
    start = {**sources, **task.start(sources)}
    texts = apply_patch(start, task.oracle_patch)
    if drawn.random() < 1 / 3:
        return diff_of(start, {path: f"{text.rstrip()}\n# {drawn.random()}\n" for path, text in texts.items()})
    path = task.places[0].path
    lines = start[path].splitlines(keepends=True)
    at = drawn.randrange(len(lines))
    lines[at : at + 1] = drawn.choice([[], [lines[at], lines[at]], [f"{lines[at].rstrip()}  # changed\n"]])
    return diff_of(start, {path: "".join(lines)})


def claims(seen: Seen) -> list[Claim]:
    """Return the table."""
    tasks, valid = len(seen.checked), [task for task in seen.checked if task.status == "valid"]
    reasons = Counter(task.reason.partition(":")[0] for task in seen.checked if task.status != "valid")
    said = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "none"
    flagged = seen.visible - len(seen.missed)
    share = flagged / seen.visible if seen.visible else 0.0
    clean = sum(task.gates.get("leaks") == "0 places" and task.gates.get("tree") == "one commit" for task in valid)
    cost = statistics.median(seen.seconds) if seen.seconds else 0.0
    rewarded, missed = ", ".join(seen.rewarded), ", ".join(sorted(set(seen.missed)))
    return [
        Claim(
            claim="T42: tasks that pass all gates (oracle 5 of 5, nothing and no change 0 of 3, no forger)",
            value=f"{len(valid)} of {tasks}; refused: {said}",
            bar="only these are given out",
            holds=bool(valid),
        ),
        Claim(
            claim="T41: cheats rewarded, of those played as agents",
            value=f"{len(seen.rewarded)} of {seen.played} {rewarded}".strip(),
            bar="0 of at least 40",
            holds=seen.played >= 40 and not seen.rewarded,
        ),
        Claim(
            claim="T41: cheats flagged, of those that leave something to see",
            value=f"{flagged} of {seen.visible} ({share:.1%}); not: {missed or 'none'}",
            bar="90 %",
            holds=share >= 0.9,
        ),
        Claim(
            claim="T43: tasks whose tree is one commit and whose fix stands nowhere else",
            value=f"{clean} of {len(valid)}",
            bar="all",
            holds=bool(valid) and clean == len(valid),
        ),
        Claim(
            claim="T44: rewards equal when judged again from the stored patch",
            value=f"{seen.regraded - seen.unequal} of {seen.regraded}",
            bar="all of 1,000",
            holds=seen.regraded >= 1000 and not seen.unequal,
        ),
        Claim(claim="seconds a task through all gates", value=f"{cost:.1f}", bar="30", holds=0 < cost <= 30),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
