"""Trajectory: what is stored, its id and its outcome."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from trajectories.episode import Episode
from trajectories.errors import InvalidTrajectory
from trajectories.origin import Origin
from trajectories.trace_record import Trace


class Outcome(StrEnum):
    """How the run that a trajectory records came to its end; of an invalid one nothing can be said."""

    RETURNED = "returned"
    RAISED = "raised"
    CUT = "cut"
    SOLVED = "solved"
    FAILED = "failed"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """One stored run: either a trace or an episode, with its origin and outcome."""

    id: str
    origin: Origin
    outcome: Outcome
    trace: Trace | None = None
    episode: Episode | None = None

    def __post_init__(self) -> None:
        if (self.trace is None) == (self.episode is None):
            raise InvalidTrajectory(f"trajectory {self.id!r} must hold a trace or an episode, and not both")

    @property
    def kind(self) -> str:
        """Return `trace` or `episode`."""
        return "trace" if self.trace is not None else "episode"


def content_id(*parts: object) -> str:
    """Return 24 hexadecimal digits that depend on the parts alone (JSON values), never on time or machine."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]
