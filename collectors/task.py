"""Task: a prepared repository state, a goal, and a hidden judge."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from collectors.patches import apply_patch

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a bug was planted, and by which operator; an issue-fix task has the places that its fix changes."""

    path: str
    function: str
    line_number: int
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One bug to repair: the state is the image's tree with `patch` applied.

    `kind` is `mutate-fix` or `issue-fix`. `oracle_patch` leads from that state to the solution. The judge adds `hidden_files`
    (path -> text) and expects every id of `fail_to_pass` and `pass_to_pass` to pass (SWE-bench's words). `gates` says of each
    check that the task went through what it gave; `status` is `valid` or `refused`, the latter with its `reason`.
    """

    id: str
    kind: str = "mutate-fix"
    repository: str
    split: str
    image: str
    places: tuple[Place, ...]
    patch: str
    oracle_patch: str
    hidden_files: Mapping[str, str] = field(default_factory=dict)
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    goal: str
    gates: Mapping[str, str] = field(default_factory=dict)
    status: str = "valid"
    reason: str = ""

    @property
    def operator(self) -> str:
        """Return the operators of its places, joined by `+`."""
        return "+".join(place.operator for place in self.places)

    def start(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Return the texts of the files that differ from the image's `sources` in the task's state."""
        return apply_patch(sources, self.patch)


def task_to_row(task: Task) -> Row:
    """Return the task as a row of the dataset of tasks."""
    named = {
        name: [{"name": k, "text": v} for k, v in getattr(task, name).items()] for name in ("hidden_files", "gates")
    }
    return {**asdict(task), **named}


def task_from_row(row: Row) -> Task:
    """Return the task of a row."""
    fields = {name: row[name] for name in Task.__dataclass_fields__}
    named = {name: {entry["name"]: entry["text"] for entry in row[name]} for name in ("hidden_files", "gates")}
    tests = {name: tuple(row[name]) for name in ("fail_to_pass", "pass_to_pass")}
    return Task(**{**fields, **named, **tests, "places": tuple(Place(**place) for place in row["places"])})
