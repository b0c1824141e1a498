"""Traces the functions of one repository: cut out of passing tests, and called with inputs from tests and annotations."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from collectors import function_calls
from collectors.annotated_inputs import AnnotatedInputs, annotated_inputs
from collectors.entry_points import functions_of
from collectors.function_calls import CallTracer
from collectors.function_inputs import FunctionCall, record_inputs
from collectors.line_coverage import Reach
from collectors.native_engine import FILE, MOUNT, native_for_base
from collectors.repository_traces import COLLECTOR, RepositoryTracer
from images.docker_container import DockerContainer
from images.engine import Engine
from pipelines.jobs.image_job import python_texts, read_image, repository_name, source_texts
from pipelines.jobs.map_job import read_map
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.origin import Origin
from trajectories.store import Row, Store
from trajectories.trace_table import joined, trace_table


def origin_of(row: Row, *, collector: str, seed: int) -> Origin:
    """Return the origin of what is collected in the image of this row."""
    names = ("repository", "source_digest", "licence", "image", "python_version", "split")
    return Origin(**{name: row[name] for name in names}, collector=collector, seed=seed)


def trace(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> str:
    """Commit the repository's traces; return how many."""
    store, unit = Store(folder, "traces"), repository_name(entry)
    if store.is_done(unit):
        return "done before"
    began = time.monotonic()
    row, tree = read_image(folder, entry)
    sources = source_texts(tree)
    reached = read_map(folder, entry, sources)
    engine = Engine()
    compiled = native_for_base(engine, row["python_version"])
    mounts, native = ({str(compiled): MOUNT}, f"{MOUNT}/{FILE}") if compiled else ({}, None)
    with DockerContainer(engine, row["image"], mounts=mounts) as container:
        limits, digest, seconds = recipe.traces, row["source_digest"], recipe.images.test_seconds
        about: dict[str, Any] = {"digest": digest, "seed": recipe.seed, "native": native, "timeout_s": seconds}
        in_tests = RepositoryTracer(container, python_texts(tree), limits, recipe.cuts, **about).trace(reached)
        tracer = CallTracer(container, sources, limits, recipe.calls, digest=digest, native=native)
        annotated = _annotated(sources, recipe)
        calls = tracer.explore(_inputs(container, reached, recipe), annotated.calls)
    made = [(columns, COLLECTOR) for columns in in_tests.columns]
    made += [(found.columns, function_calls.COLLECTOR) for found in calls]
    tables = [trace_table(c, origin_of(row, collector=name, seed=recipe.seed)) for c, name in made]
    store.commit(unit, joined(tables) if tables else [], seconds=time.monotonic() - began)
    by_type = len({found.call for found in calls} & set(annotated.calls))
    return (
        f"{in_tests.account()}; {len(calls)} traces of calls, {by_type} of them with inputs from annotations "
        f"({annotated.skipped} functions with unknown types)"
    )


def _annotated(sources: Mapping[str, str], recipe: CollectRecipe) -> AnnotatedInputs:
    functions = [function for path, text in sources.items() for function in functions_of(path, text)]
    return annotated_inputs(sources, functions, seed=recipe.calls.seed, count=recipe.calls.annotated)


def _inputs(container: DockerContainer, reached: Sequence[Reach], recipe: CollectRecipe) -> list[FunctionCall]:
    """Return the calls that the passing tests make of the functions that they reach."""
    passing = [reach for reach in reached if reach.outcome == "passed"]
    tests, functions = (list(dict.fromkeys(getattr(r, name) for r in passing)) for name in ("test", "function"))
    return record_inputs(container, tests, functions, most=recipe.calls.recorded, timeout_s=recipe.images.test_seconds)
