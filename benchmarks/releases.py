"""Releases: source releases of real projects, downloaded once, unpacked in a cache; their tests run in place."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.interpreters import cache_folder
from images.host_pip import read_host_pip
from images.package_index import fetch_release
from images.source_tree import SourceTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The tests of one release: its pin, the paths or ids that pytest is given, and options that leave tests out.

    `needs` are packages that the tests need beside pytest; one that is `built` is installed and not run in its folder.
    """

    project: str
    version: str
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    built: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """A release on disk: its folder, what PYTHONPATH must name, and the absolute paths of the project's own files."""

    folder: Path
    path: str
    files: tuple[str, ...]


def unpack_release(suite: Suite) -> Unpacked:
    """Return the release on disk, downloaded from the package index at first."""
    folder = cache_folder() / "releases" / f"{suite.project}-{suite.version}"
    if not folder.exists():
        tree = fetch_release(suite.project, suite.version, pip=read_host_pip())
        aside = folder.with_suffix(".aside")
        shutil.rmtree(aside, ignore_errors=True)
        for name, data in tree.files.items():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).write_bytes(data)
        aside.rename(folder)
    files = {str(p.relative_to(folder)): b"" for p in folder.rglob("*.py")}
    own = SourceTree(files=files).source_files()
    return Unpacked(folder=folder, path=f"{folder}:{folder / 'src'}", files=tuple(str(folder / name) for name in own))


def release_files(suite: Suite) -> dict[str, bytes]:
    """Return the files of a release by their path in it; what lies in `src` stands beside the tests."""
    folder = unpack_release(suite).folder
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)).removeprefix("src/"): path.read_bytes() for path in paths}
