"""A git repository made from releases: one commit a release, oldest first, tagged, equal on every machine."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import git

from images.source_tree import SourceTree

_WHO = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "Worldline"), ("EMAIL", "worldline@localhost"))
}
_FIRST_SECOND = 1_700_000_000


def write_history(folder: Path, releases: Sequence[tuple[str, SourceTree]]) -> str:
    """Write a repository whose commits are the releases, in order, and return the last commit's id.

    It is written aside and renamed, so that a killed run leaves nothing half-written; an existing one is kept.
    """
    if folder.exists():
        return git.Repo(folder).head.commit.hexsha
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    repository = git.Repo.init(staged, initial_branch="main")
    for number, (version, tree) in enumerate(releases):
        _replace_files(staged, tree)
        repository.git.add("--all", "--force", ".")
        date = f"{_FIRST_SECOND + 86_400 * number} +0000"
        with repository.git.custom_environment(**_WHO, GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date):
            repository.git.commit("--quiet", "--no-verify", "--allow-empty", "-m", f"Release {version}")
        repository.create_tag(version)
    commit = repository.head.commit.hexsha
    repository.close()
    staged.rename(folder)
    return commit


def _replace_files(folder: Path, tree: SourceTree) -> None:
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, data in tree.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if name in tree.executable else 0o644)
