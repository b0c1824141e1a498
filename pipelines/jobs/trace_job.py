"""Traces the functions of one repository that passing tests reach."""

import time
from pathlib import Path

from collectors.tracing import COLLECTOR, plan_traces, record_traces
from images.docker_container import DockerContainer
from images.engine import Engine
from pipelines.jobs.image_job import read_image, repository_name, source_texts
from pipelines.jobs.map_job import read_map
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.origin import Origin
from trajectories.store import Row, Store
from trajectories.trace_table import trace_table


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
    plans = plan_traces(row["source_digest"], read_map(folder, entry, sources), recipe.traces)
    with DockerContainer(Engine(), row["image"]) as container:
        made = record_traces(container, plans, sources, recipe.traces)
    table = trace_table(made, origin_of(row, collector=COLLECTOR, seed=recipe.seed))
    store.commit(unit, table, seconds=time.monotonic() - began)
    return f"{table.num_rows} traces"
