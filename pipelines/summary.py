"""Summary: what a run's folder holds, read from its datasets."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipelines.errors import UserError
from trajectories.schema import DATASETS
from trajectories.store import Store

FIGURES = ("rows", "bytes", "seconds")
_STATES = {
    "images": "status",
    "programs": "status",
    "tasks": "status",
    "coverage": "core",
    "accounts": "verdict",
    "near_duplicates": "kept",
    "goals": "style",
    "divergences": "status",
}


def summarise(folder: Path) -> dict[str, dict[str, int]]:
    """Return counts by dataset: rows, bytes, seconds of its units added up, and rows by status or outcome."""
    if not (folder / "recipe.json").exists():
        raise UserError(f"{str(folder)!r} is no run's folder: it has no recipe.json")
    counts: dict[str, dict[str, int]] = {}
    for dataset in DATASETS:
        store = Store(folder, dataset)
        column = _STATES.get(dataset, "outcome")
        by_state = Counter(str(row[column]) for row in store.rows([column]))
        counts[dataset] = {
            "rows": sum(by_state.values()),
            "bytes": store.size_bytes(),
            "seconds": round(store.seconds()),
            **by_state,
        }
    return counts


def print_summary(folder: Path) -> int:
    """Print the counts as a table; return the exit code."""
    table = Table(title=str(folder))
    for heading in ("dataset", "rows", "bytes", "unit seconds", "of these"):
        table.add_column(heading)
    for dataset, counts in summarise(folder).items():
        parts = [f"{number} {state}" for state, number in counts.items() if state not in FIGURES]
        table.add_row(dataset, *(f"{counts[name]:,}" for name in FIGURES), ", ".join(parts))
    Console().print(table)
    return 0
