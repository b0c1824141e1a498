"""Program runs: programs executed on their inputs in a container, untraced to be judged, or traced."""

import json
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectors.errors import CollectorError
from collectors.programs_file import Program, ProgramTest
from collectors.ship import guest_files
from images.container import Container
from images.health import GUEST

_HEAD = struct.Struct("<i?II")
_YEAR = 31_536_000.0
# A run that waits is ended after six times its CPU seconds.
_WALL_SHARE = 6
# What so many runs print and record fits into what a container gives back at once.
_BATCH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBounds:
    """CPU seconds and bytes of address space of one run, and the bounds of its trace: events and characters of values.

    `true_repr` has objects show themselves by their own __repr__.
    """

    seconds: float
    memory: int
    events: int
    size: int
    true_repr: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """A program and the number of one of its tests."""

    program: Program
    test: int

    @property
    def stdin(self) -> str:
        """Return what the program is given."""
        return self.program.tests[self.test].stdin

    @property
    def expected(self) -> str:
        """Return what the program should print."""
        return self.program.tests[self.test].expected


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramRun:
    """How one run ended: exit status (negative: a signal), whether it took too long, what it printed, its stream."""

    status: int
    late: bool
    printed: bytes
    stream: bytes


_EMPTY = PlannedRun(program=Program(id="", problem="", text="", tests=(ProgramTest(stdin="", expected=""),)), test=0)
_DIED = ProgramRun(status=-9, late=False, printed=b"", stream=b"")


def run_programs(
    container: Container, runs: Sequence[PlannedRun], bounds: RunBounds, *, traced: bool, native: str | None = None
) -> list[ProgramRun]:
    """Return what each run did, in order; `native` is the path of the compiled engine in the container.

    A run that kills the process which makes the runs has died. Raises `CollectorError` when no program at all can be run.
    """
    # Deeper than any recursion that stays within the bound of events.
    limits = {"events": bounds.events, "size": bounds.size, "depth": bounds.events, "seconds": _YEAR}
    settings = {
        "seconds": bounds.seconds,
        "memory": bounds.memory,
        "traced": traced,
        "tracer": {"limits": limits, "native": native, "true_repr": bounds.true_repr},
    }
    container.put(guest_files())
    found: list[ProgramRun] = []
    while len(found) < len(runs):
        batch = runs[len(found) : len(found) + _BATCH]
        done = _run_batch(container, batch, settings)
        found += done
        if len(done) < len(batch):
            # The run behind the last record has ended whoever made the runs.
            if not _run_batch(container, [_EMPTY], settings):
                raise CollectorError("no program can be run in the container: its interpreter or its disk fails")
            found.append(_DIED)
    return found


def _run_batch(container: Container, runs: Sequence[PlannedRun], settings: dict[str, Any]) -> list[ProgramRun]:
    """Return what the runs did, up to one that put an end to all."""
    folder = f"{GUEST}/runs/{secrets.token_hex(8)}"
    inside = getattr(container, "path_inside", str)
    pairs = [[run.program.text, run.stdin] for run in runs]
    complete = {**settings, "output": inside(f"{folder}/output"), "runs": pairs}
    container.put({f"{folder}/settings.json": json.dumps(complete).encode(), f"{folder}/output": b""})
    command = [container.python, f"{GUEST}/worldline_program_runs.py", f"{folder}/settings.json"]
    container.run(command, timeout_s=60 + (_WALL_SHARE * settings["seconds"] + 1) * len(runs))
    return _records(container.get([f"{folder}/output"]).get(f"{folder}/output", b""))


def _records(data: bytes) -> list[ProgramRun]:
    found, at = [], 0
    while at + _HEAD.size <= len(data):
        status, late, printed, stream = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        end = at + printed + stream
        if end > len(data):
            break
        found.append(
            ProgramRun(status=status, late=late, printed=data[at : at + printed], stream=data[at + printed : end])
        )
        at = end
    return found
