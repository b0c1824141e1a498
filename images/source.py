"""From a spec to the files that it names."""

from pathlib import Path

from images.errors import BadSource
from images.git_source import clone_commit, read_commit, read_folder
from images.host_pip import HostPip
from images.package_index import fetch_release
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind


def fetch(spec: RepositorySpec, *, pip: HostPip) -> SourceTree:
    """Return the files of the repository; nothing of it is run.

    Raises `BadSource` when they cannot be had, when none of them is Python, or when there are no tests among them.
    """
    if spec.kind is SourceKind.RELEASE:
        tree = fetch_release(spec.location, spec.revision or "", pip=pip)
    elif spec.kind is SourceKind.GIT_URL:
        tree = clone_commit(spec.location, spec.revision)
    elif (Path(spec.location) / ".git").exists() or spec.revision:
        tree = read_commit(Path(spec.location), spec.revision)
    else:
        tree = read_folder(Path(spec.location))
    if not tree.source_files():
        raise BadSource(f"repository {spec.text!r} holds no Python source files: only Python projects are built")
    if not tree.test_files():
        raise BadSource(f"repository {spec.text!r} ships no tests (no test_*.py or *_test.py): choose one that does")
    return tree
