"""Claims: what the rows of the projects say."""

import json
import statistics
from collections import Counter
from collections.abc import Iterable
from typing import Any

from benchmarks.table import Claim

Row = dict[str, Any]
_LARGE, _TASKS, _PROJECTS = 3000, 150, 12
_BYTES = 50_000


def claims(rows: list[Row]) -> list[Claim]:
    """Return the claims of planting and of repair."""
    return [*_planting(rows), *_soundness(rows), *_repair(rows)]


def _planting(rows: list[Row]) -> Iterable[Claim]:
    single = [task for row in rows for task in row["tasks"] if len(task["places"]) == 1]
    valid = sum(task["status"] == "valid" for task in single)
    share = valid / max(1, len(single))
    large = {row["spec"]: _valid(row) for row in rows if row["lines"] > _LARGE}
    reached = sum(number >= _TASKS for number in large.values())
    refused = Counter(task["reason"] for task in single if task["reason"])
    joined = [task for row in rows for task in row["tasks"] if len(task["places"]) > 1]
    sizes = [len(json.dumps(task)) for row in rows for task in row["tasks"] if task["status"] == "valid"]
    yield Claim(claim="projects", value=str(len(rows)), bar=f">= {_PROJECTS}", holds=len(rows) >= _PROJECTS)
    yield Claim(
        claim="candidates that become tasks",
        value=f"{valid} of {len(single)} ({share:.1%}); {', '.join(f'{n} {why}' for why, n in refused.most_common())}",
        bar=">= 60 %",
        holds=share >= 0.6,
    )
    yield Claim(
        claim=f"projects of over {_LARGE:,} lines with {_TASKS} tasks",
        value=f"{reached} of {len(large)}; least {min(large.values(), default=0)}",
        bar="all",
        holds=bool(large) and reached == len(large),
    )
    yield Claim(
        claim="tasks of several places",
        value=f"{sum(task['status'] == 'valid' for task in joined)} of {len(joined)} tried",
        bar="reported",
        holds=True,
    )
    yield Claim(
        claim="largest task",
        value=f"{max(sizes, default=0) / 1000:.1f} kB, median {statistics.median(sizes or [0]) / 1000:.1f}",
        bar="< 50 kB",
        holds=max(sizes, default=0) < _BYTES,
    )


def _valid(row: Row) -> int:
    return sum(task["status"] == "valid" for task in row["tasks"])


def _soundness(rows: list[Row]) -> Iterable[Claim]:
    fresh = [sample for row in rows for sample in row["fresh"]]
    equal = sum(sample["equal"] for sample in fresh)
    yield Claim(
        claim="outcomes as in a fresh process, of a sample",
        value=f"{equal} of {len(fresh)}",
        bar="all",
        holds=bool(fresh) and equal == len(fresh),
    )
    alone = statistics.mean([sample["cpu"] for sample in fresh] or [0])
    tried = sum(len(row["tasks"]) for row in rows)
    forked = sum(row["plant_cpu"] for row in rows) / max(1, tried)
    yield Claim(
        claim="core seconds of a candidate: a fresh process for each; forked, clean runs before and after included",
        value=f"{alone:.2f}; {forked:.2f}",
        bar="forked is less",
        holds=forked < alone,
    )


def _repair(rows: list[Row]) -> Iterable[Claim]:
    episodes = [episode for row in rows for episode in row["episodes"]]
    solved = sum(episode["solved"] for episode in episodes)
    cpu = sum(episode["cpu"] for episode in episodes)
    hourly = 3600 * len(episodes) / cpu if cpu else 0.0
    yield Claim(
        claim="episodes a core-hour, containers and judging included",
        value=f"{hourly:.0f} of {len(episodes)} episodes",
        bar=">= 100",
        holds=hourly >= 100,
    )
    yield Claim(claim="solved by the repairer", value=f"{solved} of {len(episodes)}", bar="reported", holds=True)


def operator_table(rows: list[Row]) -> list[tuple[str, int, int, int, int]]:
    """Return for each operator its candidates, its tasks, its episodes and how many of these were solved."""
    tried, valid, played, solved = (Counter[str]() for _ in range(4))
    for row in rows:
        for task in row["tasks"]:
            name = _name([place["operator"] for place in task["places"]])
            tried[name] += 1
            valid[name] += task["status"] == "valid"
        for episode in row["episodes"]:
            name = _name(episode["operator"].split("+"))
            played[name] += 1
            solved[name] += episode["solved"]
    return [(name, tried[name], valid[name], played[name], solved[name]) for name in sorted(tried)]


def _name(operators: list[str]) -> str:
    return operators[0] if len(operators) == 1 else f"({len(operators)} places)"
