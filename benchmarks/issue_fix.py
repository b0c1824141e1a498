"""Issue-fix: tasks mined from release histories of real projects, judged again in fresh containers, joined to traces.

    python -m benchmarks.issue_fix [--json] [--quick] [--folder FOLDER] [--only NAME ...] [--checks 5]

Each history is fetched from the package index, and for its newest changes images are built, as a recipe with `[issue_fix]
changes = 4` does it. What is done in the folder is not done again.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.table import Claim, print_claims
from collectors.goal_leaks import Hidden, leaks_of
from collectors.issue_fix.settings import IssueFixSettings
from collectors.judge import judge
from collectors.patches import apply_patch
from collectors.task import Task, task_to_row
from images.build_settings import BuildSettings
from images.docker_container import DockerContainer
from images.engine import Engine
from images.repository_entry import RepositoryEntry
from pipelines.jobs import issue_fix_job, task_trace_job
from pipelines.jobs.image_job import image_of, python_texts
from pipelines.recipe import CollectRecipe
from trajectories.divergence_record import DivergenceRecord, read_divergences
from trajectories.goal_record import read_goals
from trajectories.schema import TASKS
from trajectories.shard import write_shard
from trajectories.store import Store

# Ranges whose releases change tests and a bounded amount of source, small suites first.
PROJECTS = {
    "xmltodict": "history:xmltodict>=1,<1.0.5",
    "python-slugify": "history:python-slugify>=9.1.1,<9.2.1",
    "tinydb": "history:tinydb>=4.7.1,<4.8.3",
    "itsdangerous": "history:itsdangerous>=2.1,<2.1.2",
    "schema": "history:schema>=0.7.2,<0.7.6",
    "sqlparse": "history:sqlparse>=0.6,<0.6.2",
    "semver": "history:semver>=3.1.1,<3.1.3",
    "tabulate": "history:tabulate>=0.8.10,<0.9.1",
    "humanize": "history:humanize>=4.16,<4.17.1",
}
_QUICK = ("xmltodict",)
_MOST_BYTES = 50_000


@dataclass(slots=True, kw_only=True)
class Checked:
    """How often tasks were judged right: without a change as failed, with the oracle's as solved."""

    null: list[bool] = field(default_factory=list)
    oracle: list[bool] = field(default_factory=list)
    tests: list[bool] = field(default_factory=list)


def mine(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> list[Task]:
    """Mine a history, join traces to its tasks, and return the valid ones."""
    tasks: list[Task] = []
    for found in issue_fix_job.find_changes(folder, recipe, entry):
        began = time.monotonic()
        said = issue_fix_job.mine(folder, recipe, entry, found)
        unit = issue_fix_job.unit_name(entry, found)
        joined = task_trace_job.trace_tasks(folder, recipe, entry, unit)
        print(f"{unit} {found.name}: {said}; {joined} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
        tasks += issue_fix_job.read_mined(folder, entry, found)
    return tasks


def check(folder: Path, task: Task, entry: RepositoryEntry, checked: Checked, times: int) -> None:
    """Judge the task's state and its solution so many times, each in a container of its own."""
    _, tree = image_of(folder, entry, task.image)
    files = python_texts(tree)
    start = task.start(files)
    solved = {**start, **apply_patch({**files, **start}, task.oracle_patch)}
    with Engine() as engine:
        for state, wanted, results in ((start, 0.0, checked.null), (solved, 1.0, checked.oracle)):
            rewards = []
            for _ in range(times):
                with DockerContainer(engine, task.image) as fresh:
                    sources = {path: text.encode() for path, text in state.items()}
                    rewards.append(judge(fresh, task, sources))
            results.append(all(verdict.reward == wanted for verdict in rewards))
            if wanted == 0.0:
                failing = [verdict.outcomes[test] for verdict in rewards for test in task.fail_to_pass]
                checked.tests.append(all(outcome in ("failed", "error") for outcome in failing))


def task_bytes(tasks: Sequence[Task]) -> list[int]:
    """Return the size of each task as a Parquet file of its own, which has no more to share."""
    with tempfile.TemporaryDirectory() as place:
        sizes = []
        for number, task in enumerate(tasks):
            path = Path(place) / f"{number}.parquet"
            write_shard(path, [task_to_row(task)], TASKS)
            sizes.append(path.stat().st_size)
        return sizes


def claims_of(folder: Path, tasks: Sequence[Task], checked: Checked, times: int) -> list[Claim]:
    """Return the table."""
    projects = Counter(task.repository for task in tasks)
    rows = list(Store(folder, "tasks").rows(["status", "reason"]))
    reasons = Counter(row["reason"].partition(":")[0][:60] for row in rows if row["status"] == "refused")
    goals = list(read_goals(folder))
    styles = Counter(next((g.style for g in goals if g.task_id == t.id and g.text == t.goal), "?") for t in tasks)
    leaking = sum(bool(leaks_of(t.goal, Hidden(tests=t.fail_to_pass, oracle_patch=""))) for t in tasks)
    sizes, hunks = task_bytes(tasks), [_lines(task.oracle_patch) for task in tasks]
    each = ", ".join(f"{name} {count}" for name, count in sorted(projects.items()))
    return [
        _claim("issue-fix tasks, by project", f"{len(tasks)}: {each}", ">= 4 projects", len(projects) >= 4),
        _claim("candidates refused, by reason", _listed(reasons), "none", True),
        _claim(f"state judged as failed, {times} of {times}", _share(checked.null), "all", _holds(checked.null)),
        _claim(
            "expected tests fail in it, none missing or skipped", _share(checked.tests), "all", _holds(checked.tests)
        ),
        _claim(
            f"oracle patch judged as solved, {times} of {times}", _share(checked.oracle), "all", _holds(checked.oracle)
        ),
        _claim("goals that name a hidden test", str(leaking), "0", leaking == 0),
        _claim("goals, by style", _listed(styles), "none", True),
        _claim("changed lines of a fix", f"median {_median(hunks)}, most {max(hunks, default=0)}", "none", True),
        _claim(
            "bytes of a task",
            f"median {_median(sizes):,}, most {max(sizes, default=0):,}",
            f"most < {_MOST_BYTES:,}",
            max(sizes, default=0) < _MOST_BYTES,
        ),
        *_divergences([record for record in read_divergences(folder) if record.step < 0]),
    ]


def _divergences(found: Sequence[DivergenceRecord]) -> list[Claim]:
    parted = [record for record in found if record.status == "parted"]
    distances = [record.distance for record in parted if record.distance >= 0]
    status, differs = Counter(r.status for r in found), Counter(r.differs for r in parted)
    far = f"median {_median(distances)}, most {max(distances, default=0)}, of {len(distances)}"
    return [
        _claim("runs joined to the solution's", _listed(status), ">= 80 % part", len(parted) >= 0.8 * len(found)),
        _claim("they part in", _listed(differs), "none", True),
        _claim(
            "behind a line that the fix changes", f"{sum(r.on_path for r in parted)} of {len(parted)}", "none", True
        ),
        _claim("frames from there to the failure", far, "none", True),
    ]


def _claim(claim: str, value: str, bar: str, holds: bool) -> Claim:
    return Claim(claim=claim, value=value, bar=bar, holds=holds)


def _lines(patch: str) -> int:
    return sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in patch.splitlines())


def _median(numbers: Sequence[int]) -> int:
    return round(statistics.median(numbers)) if numbers else 0


def _listed(counts: "Counter[str]") -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def _holds(results: Sequence[bool]) -> bool:
    """Say whether all are right; nothing that was judged is nothing that holds."""
    return bool(results) and all(results)


def _share(results: Sequence[bool]) -> str:
    return f"{sum(results)} of {len(results)}"


def main() -> int:
    """Mine, judge, join; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one project only")
    parser.add_argument("--folder", type=Path, default=Path("runs/issue-fix"))
    parser.add_argument("--only", nargs="+", choices=sorted(PROJECTS))
    parser.add_argument("--changes", type=int, default=4)
    parser.add_argument("--checks", type=int, default=5)
    parser.add_argument("--runs", type=int, default=60, help="the most runs of the search in one change")
    arguments = parser.parse_args()
    names = arguments.only or (_QUICK if arguments.quick else tuple(PROJECTS))
    entries = {name: RepositoryEntry(spec=PROJECTS[name]) for name in names}
    recipe = CollectRecipe(
        name="issue-fix",
        run_folder=str(arguments.folder),
        repositories=tuple(entries.values()),
        images=BuildSettings(test_runs=2),
        issue_fix=IssueFixSettings(changes=arguments.changes, runs=arguments.runs),
    )
    checked, tasks = Checked(), []
    for entry in entries.values():
        for task in mine(arguments.folder, recipe, entry):
            tasks.append(task)
            check(arguments.folder, task, entry, checked, arguments.checks)
    return print_claims(claims_of(arguments.folder, tasks, checked, arguments.checks), as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
