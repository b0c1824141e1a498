"""What the report says of goals and of traces that are joined to tasks and episodes."""

import statistics
from collections import Counter
from pathlib import Path
from typing import Any

from trajectories.store import Store

_COLUMNS = ["step", "status", "differs", "distance", "on_path"]


def divergences_shown(folder: Path) -> dict[str, Any]:
    """Return counts of the runs of tasks and of edits by status, the share behind a changed line, and the median distance."""
    rows = list(Store(folder, "divergences").rows(_COLUMNS))
    shown: dict[str, Any] = {}
    for name, chosen in (("tasks", [r for r in rows if r["step"] < 0]), ("edits", [r for r in rows if r["step"] >= 0])):
        parted = [row for row in chosen if row["status"] == "parted"]
        distances = [row["distance"] for row in parted if row["distance"] >= 0]
        shown[name] = {
            "runs": len(chosen),
            "status": dict(Counter(row["status"] for row in chosen)),
            "differs": dict(Counter(row["differs"] for row in parted)),
            "on_path": sum(row["on_path"] for row in parted),
            "median_distance": statistics.median(distances) if distances else None,
        }
    return shown


def goals_shown(folder: Path) -> list[dict[str, Any]]:
    """Return for each style how many goals were written, and how many of them may be used."""
    counts: dict[str, dict[str, int]] = {}
    for row in Store(folder, "goals").rows(["style", "text"]):
        found = counts.setdefault(row["style"], {"written": 0, "kept": 0})
        found["written"] += 1
        found["kept"] += bool(row["text"])
    return [{"style": style, **found} for style, found in sorted(counts.items())]
