"""From a spec to the files that it names."""

from pathlib import Path

from images.errors import BadSource
from images.folder_source import read_folder
from images.git_source import fetch_commit, read_commit
from images.host_pip import HostPip
from images.package_index import fetch_release
from images.release_history import fetch_newest
from images.source_settings import SourceSettings
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind


def fetch(spec: RepositorySpec, *, pip: HostPip, settings: SourceSettings | None = None) -> SourceTree:
    """Return the files of the repository; nothing of it is run, here or on the way.

    Raises `BadSource` when they cannot be had, when none of them is Python and nothing builds a module of another language, or
    when there are no tests among them.
    """
    tree = _files(spec, pip, settings or SourceSettings())
    if not tree.source_files() and not {"pyproject.toml", "setup.py"} & set(tree.files):
        raise BadSource(f"repository {spec.text!r} holds no Python source files: only Python projects are built")
    if not tree.test_files():
        raise BadSource(f"repository {spec.text!r} ships no tests (no test_*.py or *_test.py): choose one that does")
    return tree


def _files(spec: RepositorySpec, pip: HostPip, settings: SourceSettings) -> SourceTree:
    if spec.kind is SourceKind.RELEASE:
        return fetch_release(spec.location, spec.revision or "", pip=pip)
    if spec.kind is SourceKind.HISTORY:
        return fetch_newest(spec, pip=pip)
    if spec.kind is SourceKind.GIT_URL:
        return fetch_commit(spec.location, spec.revision, settings)
    if spec.revision:
        return read_commit(Path(spec.location), spec.revision, settings)
    return read_folder(Path(spec.location))
