"""Traces the programs of a part of a programs file, in a container of the base image, and records which were dropped and why."""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from collectors.native_engine import FILE, MOUNT, native_for_base
from collectors.program_tracing import COLLECTOR, ProgramTrace, ProgramTracer, balanced
from collectors.programs_file import BadProgram, Lines, Program, parts_of, read_part
from images.base_image import base_name
from images.container_limits import ContainerLimits
from model.render import render, to_text
from pipelines.recipe import CollectRecipe, ProgramsEntry
from trajectories.origin import Origin
from trajectories.schema import TRAJECTORIES
from trajectories.store import Row, Store
from trajectories.trace_record import Trace
from trajectories.trace_table import joined, trace_table

# Enough for a unit in which every program takes too long.
_LIFETIME_S = 6 * 3600


def parts(recipe: CollectRecipe, entry: ProgramsEntry) -> list[Lines]:
    """Return the parts of the file that are units of work; raise `BadProgram` for a file that holds no programs."""
    return parts_of(Path(entry.file).expanduser(), recipe.program_traces.per_unit)


def unit_name(entry: ProgramsEntry, part: Lines) -> str:
    """Return the unit's name, which no repository has."""
    return f"programs--{entry.name}--{part.first:07d}"


def trace(folder: Path, recipe: CollectRecipe, entry: ProgramsEntry, part: Lines) -> str:
    """Commit the traces of the part's programs, and a row for each run that was to be traced; return how many."""
    traces, programs, unit = Store(folder, "traces"), Store(folder, "programs"), unit_name(entry, part)
    if traces.is_done(unit) and programs.is_done(unit):
        return "done before"
    began = time.monotonic()
    found, unreadable = _read(recipe, entry, part)
    made = _trace_all(recipe, found)
    chosen = {m.id for m in made if m.columns}
    if recipe.program_traces.balanced:
        chosen = balanced(made, seed=recipe.seed)
    kept = [m for m in made if m.id in chosen]
    tables = [trace_table(m.columns, _origin(recipe, entry, m)) for m in kept if m.columns]
    seconds = time.monotonic() - began
    traces.commit(unit, joined(tables) if tables else TRAJECTORIES.empty_table(), seconds=seconds)
    # What was committed counts, by another attempt too.
    chosen = {row["id"] for row in traces.unit_rows(unit, ["id"])}
    rows = [*(_row(entry, m, chosen) for m in made), *(_unreadable_row(entry, error) for error in unreadable)]
    programs.commit(unit, rows)
    return _said(kept, rows)


def _read(recipe: CollectRecipe, entry: ProgramsEntry, part: Lines) -> tuple[list[Program], list[BadProgram]]:
    """Return the programs of the part, of each line some that the seed draws, and what is wrong with the other lines."""
    most = recipe.program_traces.per_line
    programs: list[Program] = []
    unreadable: list[BadProgram] = []
    for line in read_part(Path(entry.file).expanduser(), part):
        if isinstance(line, BadProgram):
            unreadable.append(line)
        elif line:
            draw = random.Random(f"{recipe.seed} {line[0].id}")
            programs += draw.sample(line, min(len(line), most))
    return programs, unreadable


def _trace_all(recipe: CollectRecipe, programs: Sequence[Program]) -> list[ProgramTrace]:
    python, limits = recipe.images.python, ContainerLimits(lifetime_s=_LIFETIME_S)
    with ExitStack() as stack:
        containers = stack.enter_context(recipe.containers.session())
        compiled = native_for_base(containers.engine, python) if containers.engine else None
        mounts, native = ({str(compiled): MOUNT}, f"{MOUNT}/{FILE}") if compiled else ({}, None)
        container = stack.enter_context(containers.open(base_name(python), mounts=mounts, limits=limits))
        tracer = ProgramTracer(container, recipe.program_traces, _rendered_bytes, seed=recipe.seed, native=native)
        return tracer.trace(programs)


def _rendered_bytes(trace: Trace) -> int:
    return len(to_text(render(trace)).encode())


def _origin(recipe: CollectRecipe, entry: ProgramsEntry, made: ProgramTrace) -> Origin:
    return Origin(
        repository=entry.name,
        source_digest=hashlib.sha256(made.run.program.text.encode("utf-8", "surrogatepass")).hexdigest(),
        licence=entry.licence,
        image=base_name(recipe.images.python),
        python_version=recipe.images.python,
        collector=COLLECTOR,
        seed=recipe.seed,
        split=entry.split,
    )


def _row(entry: ProgramsEntry, made: ProgramTrace, chosen: set[str]) -> Row:
    status = "kept" if made.id in chosen else "dropped" if made.columns is None else "left out"
    return {
        "id": made.id,
        "repository": entry.name,
        "split": entry.split,
        "problem": made.run.program.problem,
        "program": made.run.program.id,
        "test": made.run.test,
        "verdict": "right" if made.right else "wrong",
        "status": status,
        "reason": {"kept": "", "dropped": made.reason, "left out": "not balanced"}[status],
    }


def _unreadable_row(entry: ProgramsEntry, error: BadProgram) -> Row:
    return {"repository": entry.name, "split": entry.split, "status": "dropped", "reason": f"unreadable: {error}"}


def _said(kept: Sequence[ProgramTrace], rows: Sequence[Row]) -> str:
    right = sum(made.right for made in kept)
    reasons = Counter(row["reason"].partition(":")[0] for row in rows if row["status"] != "kept")
    lost = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    return f"{right} traces of right programs, {len(kept) - right} of wrong ones" + (
        f"; not kept: {lost}" if lost else ""
    )
