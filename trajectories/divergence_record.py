"""DivergenceRecord: where a failing run parts from the run on the solution, as it is stored, and the reader of the dataset."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trajectories.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceRecord:
    """One test of a task in one state: that of the task (`step` -1), or that behind a step of an episode.

    `buggy` and `fixed` are the frames of both runs as rows of the schema, in which `parted`, `reached` and `failing` count;
    `buggy_frames` and `fixed_frames` say how many there were, of which the first are kept.
    """

    id: str
    task_id: str
    episode_id: str
    step: int
    repository: str
    split: str
    collector: str
    test: str
    outcome: str
    status: str
    buggy_frames: int
    fixed_frames: int
    parted: int
    differs: str
    changed: Sequence[Mapping[str, str | None]]
    reached: int
    failing: int
    distance: int
    on_path: bool
    call: Mapping[str, Any] | None
    buggy: Sequence[Mapping[str, Any]]
    fixed: Sequence[Mapping[str, Any]]

    def to_row(self) -> dict[str, Any]:
        """Return the row of the dataset."""
        return asdict(self)


def read_divergences(run_folder: Path, *, task_id: str = "") -> Iterator[DivergenceRecord]:
    """Yield the divergences of a run, those of one task where it is given, by unit."""
    for row in Store(run_folder, "divergences").rows():
        if task_id in ("", row["task_id"]):
            yield DivergenceRecord(**row)
