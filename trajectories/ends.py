"""Ends: why no further step of an episode came, and what that says of its reward."""

from enum import StrEnum


class End(StrEnum):
    """Why no further step came; `Episode.ended_by` has one of these."""

    SUBMIT = "submit"
    STOPPED = "policy"
    MALFORMED = "malformed"
    STEPS = "steps"
    TOKENS = "tokens"
    SECONDS = "seconds"
    BYTES = "bytes"
    COST = "cost"
    DISK = "disk"
    MEMORY = "memory"
    MODEL = "model"
    CONTAINER = "container"
    HARNESS = "harness"


class Cause(StrEnum):
    """What an episode came to; the three faults are nobody's merit or failure, and have no reward."""

    SOLVED = "solved"
    UNSOLVED = "unsolved"
    GAVE_UP = "gave up"
    BUDGET = "budget"
    TAMPER = "tamper"
    MODEL_FAULT = "model fault"
    CONTAINER_FAULT = "container fault"
    HARNESS_FAULT = "harness fault"


FAULTS = {
    End.MODEL: Cause.MODEL_FAULT,
    End.CONTAINER: Cause.CONTAINER_FAULT,
    End.HARNESS: Cause.HARNESS_FAULT,
}
_BUDGETS = frozenset({End.STEPS, End.TOKENS, End.SECONDS, End.BYTES, End.COST, End.DISK, End.MEMORY})


def cause_of(ended_by: str, *, solved: bool, tamper: bool, changed: bool) -> Cause:
    """Return the cause of an end: a fault comes before what a judge said, `changed` says whether a source file differs."""
    if ended_by in FAULTS:
        return FAULTS[End(ended_by)]
    # What shows an attempt at the tests takes nothing from a repair that earned its reward without it.
    if solved or tamper:
        return Cause.SOLVED if solved else Cause.TAMPER
    if ended_by in _BUDGETS:
        return Cause.BUDGET
    return Cause.UNSOLVED if changed and ended_by == End.SUBMIT else Cause.GAVE_UP
