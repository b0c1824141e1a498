"""Report: one self-contained page and its numbers as JSON, every one of them read from a run's datasets."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from pipelines.account_report import accounts_shown
from pipelines.divergence_report import divergences_shown, goals_shown
from pipelines.summary import summarise
from trajectories.store import Row, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A loss or reward by step as an SVG path in a box of 640 by 200; `low` and `high` end its vertical axis."""

    name: str
    path: str
    low: float
    high: float
    last: float
    steps: int


def write_report(folder: Path) -> dict[str, Any]:
    """Write `report.html` and `report.json` into the run's folder and return the numbers."""
    training = _training(folder)
    numbers: dict[str, Any] = {
        "datasets": summarise(folder),
        "images": [_image(row) for row in Store(folder, "images").rows()],
        "coverage_cores": _count(folder, "coverage", "core"),
        "accounts": accounts_shown(folder),
        "goals": goals_shown(folder),
        "divergences": divergences_shown(folder),
        "operators": _operators(folder),
        "policies": _policies(folder),
        "training": training,
        "scores": {name: score for run in training for name, score in run["evaluation"].items()},
    }
    page = jinja2.Environment(autoescape=True).from_string((files("pipelines") / "report.html").read_text())
    _replace(folder / "report.json", json.dumps(numbers, indent=2))
    _replace(folder / "report.html", page.render(folder=str(folder), **numbers))
    return numbers


def _replace(path: Path, text: str) -> None:
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    staged.write_text(text)
    staged.rename(path)


def _image(row: Row) -> dict[str, Any]:
    names = ("repository", "spec", "split", "status", "reason", "licence", "python_version", "added_bytes", "seconds")
    return {name: row[name] for name in names} | {"tests": dict(Counter(test["outcome"] for test in row["tests"]))}


def _count(folder: Path, dataset: str, column: str) -> dict[str, int]:
    return dict(Counter(str(row[column]) for row in Store(folder, dataset).rows([column])))


def _operators(folder: Path) -> list[dict[str, Any]]:
    """Return for each operator how many bugs were tried, valid, and repaired."""
    solved = {row["episode"]["task_id"] for row in Store(folder, "episodes").rows() if row["outcome"] == "solved"}
    table: dict[str, dict[str, int]] = {}
    for row in Store(folder, "tasks").rows(["id", "places", "status"]):
        operator = "+".join(place["operator"] for place in row["places"])
        counts = table.setdefault(operator, {"tried": 0, "valid": 0, "solved": 0})
        counts["tried"] += 1
        counts["valid"] += row["status"] == "valid"
        counts["solved"] += row["id"] in solved
    return [{"operator": name, **counts} for name, counts in sorted(table.items())]


def _policies(folder: Path) -> list[dict[str, Any]]:
    """Return for each policy its episodes, how many were solved, and its steps and seconds in all."""
    table: dict[str, dict[str, float]] = {}
    for row in Store(folder, "episodes").rows():
        episode = row["episode"]
        counts = table.setdefault(episode["policy"], {"episodes": 0, "solved": 0, "steps": 0, "seconds": 0.0})
        counts["episodes"] += 1
        counts["solved"] += row["outcome"] == "solved"
        counts["steps"] += len(episode["steps"])
        counts["seconds"] += sum(step["seconds"] for step in episode["steps"])
    return [{"policy": name, **counts} for name, counts in sorted(table.items())]


def _training(folder: Path) -> list[dict[str, Any]]:
    """Return the phases that were trained, each behind the one that it continues; the scores are those at its end."""
    runs = []
    for metrics in sorted(folder.glob("checkpoints/*/metrics.jsonl")):
        # A run that was killed repeats the steps after its last checkpoint: the later line of a step counts.
        steps = {row["step"]: row for row in map(json.loads, metrics.read_text().splitlines())}
        rows = [steps[step] for step in sorted(steps)]
        measure = next(iter(rows[0]["values"]))
        scores = metrics.with_name("evaluation.json")
        runs.append(
            {
                "name": metrics.parent.name,
                "continues": json.loads(metrics.with_name("recipe.json").read_text())["continues"],
                "steps": len(rows),
                "tokens": sum(row["tokens"] for row in rows),
                "seconds": sum(row["seconds"] for row in rows),
                "curve": asdict(_curve(measure, [row["values"][measure] for row in rows])),
                "evaluation": json.loads(scores.read_text()) if scores.exists() else {},
            }
        )
    return _chained(runs, "")


def _chained(runs: list[dict[str, Any]], before: str) -> list[dict[str, Any]]:
    following = [run for run in runs if run["continues"] == before]
    return [later for run in following for later in (run, *_chained(runs, run["name"]))]


def _curve(name: str, values: list[float]) -> Curve:
    low, high = min(values), max(values)
    width, height = 640 / max(1, len(values) - 1), 200 / max(1e-9, high - low)
    points = [f"{n * width:.1f},{(high - value) * height:.1f}" for n, value in enumerate(values)]
    return Curve(name=name, path="M" + " L".join(points), low=low, high=high, last=values[-1], steps=len(values))
