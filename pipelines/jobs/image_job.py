"""Builds the image of one repository and commits its record."""

import functools
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from images.build import build_image
from images.catalogue import ImageRecord
from images.engine import Engine
from images.errors import BadSource, BuildFailed
from images.health import TestOutcome
from images.host_pip import read_host_pip
from images.record_shelf import RecordShelf
from images.release_history import fetch_history, write_history
from images.source import fetch
from images.source_store import keep_source, kept_source
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind, parse_spec
from pipelines.entry_build import failed_record, repository_name, settings_of
from pipelines.recipe import CollectRecipe, RepositoryEntry
from trajectories.store import Row, Store


def spec_of(entry: RepositoryEntry, folder: Path) -> RepositorySpec:
    """Return the repository's spec; a local git repository is made of its releases, or of its history, first."""
    if entry.spec:
        spec = parse_spec(entry.spec)
        return _history_spec(spec, folder) if spec.kind is SourceKind.HISTORY else spec
    releases = [parse_spec(text) for text in entry.releases]
    target = folder / "sources" / releases[-1].repository
    if not target.exists():
        pip = read_host_pip()
        write_history(target, [(r.revision or "", fetch(r, pip=pip)) for r in releases])
    return parse_spec(str(target))


def _history_spec(spec: RepositorySpec, folder: Path) -> RepositorySpec:
    target = folder / "sources" / spec.repository
    left_out = fetch_history(spec, target, pip=read_host_pip())
    if left_out:
        target.with_suffix(".left-out.json").write_text(json.dumps(left_out, indent=2))
    return parse_spec(str(target))


def build(folder: Path, recipe: CollectRecipe, entry: RepositoryEntry) -> str:
    """Commit the repository's image record, and build again an image that the engine has lost; return the status."""
    store, unit = Store(folder, "images"), repository_name(entry)
    with recipe.containers.session() as containers:
        if store.is_done(unit):
            row = store.unit_rows(unit)[0]
            if row["status"] != "executable" or containers.make_ready(row["image"]):
                return str(row["status"])
        began = time.monotonic()
        record = _record(containers.needed_engine("building an image"), recipe, entry, folder)
        if record.status == "executable":
            containers.make_ready(record.image)
    store.commit(unit, [_row(record, entry.split)], seconds=time.monotonic() - began)
    return record.status


def _record(engine: Engine, recipe: CollectRecipe, entry: RepositoryEntry, folder: Path) -> ImageRecord:
    try:
        spec = spec_of(entry, folder)
        tree = fetch(spec, pip=read_host_pip(), settings=recipe.sources)
    except (BadSource, BuildFailed) as error:
        return failed_record(entry, error)
    keep_source(tree, folder / "sources")
    return build_image(engine, spec, tree, settings_of(entry, recipe.images))


def _row(record: ImageRecord, split: str) -> Row:
    return {**asdict(record), "split": split}


def read_image(folder: Path, entry: RepositoryEntry) -> tuple[Row, SourceTree]:
    """Return the committed image row of a repository and its files."""
    row = Store(folder, "images").unit_rows(repository_name(entry))[0]
    RecordShelf().touch(row["image"])
    return row, _files(folder, entry, row["source_digest"])


def image_of(folder: Path, entry: RepositoryEntry, image: str) -> tuple[Row, SourceTree]:
    """Return the row and the files of an image of the repository: its own, or that of a change of its history."""
    store, name = Store(folder, "images"), repository_name(entry)
    for unit in store.units():
        if unit.startswith(f"{name}-"):
            row = store.unit_rows(unit)[0]
            tree = kept_source(folder / "sources", row["source_digest"]) if row["image"] == image else None
            if tree is not None:
                return row, tree
    return read_image(folder, entry)


# A worker plays many episodes of one repository: it fetches the files once.
@functools.lru_cache(maxsize=8)
def _files(folder: Path, entry: RepositoryEntry, digest: str) -> SourceTree:
    kept = kept_source(folder / "sources", digest)
    return kept or fetch(spec_of(entry, folder), pip=read_host_pip())


def passing_tests(row: Row) -> list[str]:
    """Return the ids of the tests that passed in every run of the build."""
    tests = [TestOutcome(**test, message="") for test in row["tests"]]
    return [test.id for test in tests if test.outcome == "passed"]


def source_texts(tree: SourceTree) -> dict[str, str]:
    """Return the project's own Python files that are UTF-8, by path."""
    return _texts(tree, tree.source_files())


def python_texts(tree: SourceTree) -> dict[str, str]:
    """Return all Python files that are UTF-8, tests too, by path."""
    return _texts(tree, tree.python_files())


def _texts(tree: SourceTree, paths: Sequence[str]) -> dict[str, str]:
    texts = {path: tree.text(path) for path in paths}
    return {path: text for path, text in texts.items() if text is not None}
