"""Replays a run's episodes in fresh containers.

    python -m benchmarks.replay RUN [--episodes N] [--scripted N] [--json] [--quick]

RUN is the folder of a collection, such as that of benchmarks/replay.toml. Beside the recorded episodes a fixed script of shell
commands is played twice on some of its tasks. It prints durations, dates, addresses and temporary names on purpose: it can be
equal after normalising alone.
"""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.table import Claim, print_claims
from collectors.actions import format_call
from collectors.forager import play
from collectors.policy import ScriptedPolicy
from collectors.replay import Sameness, replay
from collectors.task import Task, task_from_row
from collectors.tools import CHANGING
from collectors.work_tree import WorkTree
from images.container import Container
from pipelines.entry_build import repository_name
from pipelines.jobs.image_job import read_image, source_texts
from pipelines.recipe import CollectRecipe, RepositoryEntry
from pipelines.replay_command import Replayed, replay_episodes
from pipelines.run_folder import recipe_of
from trajectories.store import Store

_COMMANDS = (
    "ls -la; git log --oneline | head -3",
    "find . -name '*.py' | head -20; wc -l $(find . -name '*.py' | head -5)",
    "grep -rn 'def ' --include=*.py . | head -40",
    "python -m pytest -q -x 2>&1 | tail -15",
    "python - <<'X'\nimport os, sys, tempfile\nprint(sys.version, {str(n) for n in range(9)}, tempfile.mkdtemp())\nX",
    "echo 'x = 1' > scratch.py && python -c 'import scratch; print(scratch)' && date",
    "sed -i 's/1/2/' scratch.py; git status --short; git diff | head; rm scratch.py",
    "python -c 'import time; t = time.time(); print(f\"took {time.time() - t:.6f} s\", object())'",
)


def main() -> int:
    """Replay and print the claims; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--scripted", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    most, scripts = (6, 2) if arguments.quick else (arguments.episodes, arguments.scripted)
    units = Store(arguments.run, "episodes").units()
    recorded = list(_told(replay_episodes(arguments.run, units[:most])))
    scripted = list(_told(_scripted(arguments.run, scripts)))
    enough = Claim(claim="recorded episodes", value=str(len(recorded)), bar=f">= {most}", holds=len(recorded) >= most)
    claims = [
        _digest_cost(arguments.run),
        enough,
        *_claims("recorded", recorded, bits=0.8),
        *_claims("script", scripted, bits=0.0),
    ]
    return print_claims(claims, as_json=arguments.json)


def _told(replays: Iterator[Replayed]) -> Iterator[Replayed]:
    for one in replays:
        print(f"{one.id}  {one.repository}  {one.sentence}", file=sys.stderr, flush=True)
        yield one


def _scripted(folder: Path, most: int) -> Iterator[Replayed]:
    recipe = recipe_of(folder)
    entries = {repository_name(entry): entry for entry in recipe.repositories}
    rows = [row for row in Store(folder, "tasks").rows() if row["status"] == "valid"]
    for row in rows[:: max(1, len(rows) // max(1, most))][:most]:
        yield _played_twice(folder, recipe, entries[row["repository"]], task_from_row(row))


def _played_twice(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry, task: Task) -> Replayed:
    row, tree = read_image(folder, entry)
    sources, messages = source_texts(tree), [format_call("", "bash", command) for command in _COMMANDS]
    with recipe.containers.session() as containers:
        policy = ScriptedPolicy(messages, name="script")
        episode = play(task, policy, lambda: containers.open(row["image"]), sources, recipe.episodes)
        found = replay(task, episode, lambda: containers.open(row["image"]), sources, recipe.episodes)
    return Replayed(id=task.id, repository=task.repository, steps=len(episode.steps), comparison=found)


def _digest_cost(folder: Path) -> Claim:
    """Return what digests of the work tree add to the recorded episodes, measured in a container of each repository."""
    recipe, spent, whole = recipe_of(folder), 0.0, 0.0
    episodes = [row["episode"] for row in Store(folder, "episodes").rows()]
    for row in Store(folder, "images").rows():
        own = [e for e in episodes if e["task_id"] in _tasks_of(folder, row["repository"])]
        if not own:
            continue
        with recipe.containers.session() as containers, containers.open(row["image"]) as container:
            first, later = _digest_seconds(container)
        steps = [step for episode in own for step in episode["steps"]]
        whole += sum(step["seconds"] for step in steps)
        spent += len(own) * first + sum(step["tool"] in CHANGING for step in steps) * later
    share = spent / whole if whole else 1.0
    value = f"{1000 * spent / max(1, len(episodes)):.0f} ms an episode, {100 * share:.1f} %"
    return Claim(
        claim="digests of the work tree over the time of all actions", value=value, bar="<= 10 %", holds=share <= 0.1
    )


def _tasks_of(folder: Path, repository: str) -> set[str]:
    return {row["id"] for row in Store(folder, "tasks").rows(["id", "repository"]) if row["repository"] == repository}


def _digest_seconds(container: Container) -> tuple[float, float]:
    """Return the seconds of the first digest, and the median of later ones, each behind a change of a file."""
    tree, seconds = WorkTree(container), []
    for number in range(12):
        container.put({"benchmark.txt": str(number).encode()})
        began = time.perf_counter()
        tree.digest()
        seconds.append(time.perf_counter() - began)
    return seconds[0], statistics.median(seconds[1:])


def _claims(name: str, found: Sequence[Replayed], *, bits: float) -> list[Claim]:
    counts = Counter(one.comparison.sameness for one in found)
    equal, same = counts[Sameness.EQUAL], counts[Sameness.EQUAL] + counts[Sameness.NORMALISED]
    kinds = Counter(kind for one in found for kind in (one.comparison.rules or (one.comparison.kind,)) if kind)
    classes = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    return [
        _share(f"{name}: equal after normalising", same, len(found), 0.95),
        _share(f"{name}: equal to the bit", equal, len(found), bits),
        Claim(claim=f"{name}: what differed", value=classes or "nothing", bar="has a class", holds=bool(found)),
    ]


def _share(claim: str, count: int, total: int, bar: float) -> Claim:
    share = count / max(1, total)
    value, text = f"{count} of {total}: {100 * share:.1f} %", f">= {100 * bar:.0f} %" if bar else "-"
    return Claim(claim=claim, value=value, bar=text, holds=share >= bar)


if __name__ == "__main__":
    sys.exit(main())
