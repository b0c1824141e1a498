"""GoalRecord: one goal text of a task as it is stored, and the reader of the dataset."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trajectories.store import Store

TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalRecord:
    """One goal; `text` is empty where it was refused, for the `reason`."""

    id: str
    task_id: str
    repository: str
    split: str
    style: str
    writer: str
    method: str
    seed: int
    text: str
    reason: str

    def to_row(self) -> dict[str, Any]:
        """Return the row of the dataset."""
        return asdict(self)


def read_goals(run_folder: Path, *, style: str = "") -> Iterator[GoalRecord]:
    """Yield the goals of a run that may be used, those of one style where it is given."""
    for row in Store(run_folder, "goals").rows():
        if row["text"] and style in ("", row["style"]):
            yield GoalRecord(**row)
