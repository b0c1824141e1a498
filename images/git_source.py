"""Repositories from git: the files of one commit, fetched or read without running anything of the repository."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from images.errors import BadSource, RefusedSource
from images.git_address import resolve
from images.git_folder import open_git_folder
from images.git_objects import commit_tree
from images.git_process import Git
from images.plain_text import one_line
from images.source_settings import SourceSettings
from images.source_tree import SourceTree

_COMMIT = re.compile(r"[0-9a-f]{40}")
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")


def read_commit(folder: Path, revision: str | None, settings: SourceSettings | None = None) -> SourceTree:
    """Return the files of a commit (HEAD when None) of a local repository.

    Its refs are read as files and its objects are lent to a repository of ours, so that no configuration, hook or
    attribute of it is ever seen by git. Raises `BadSource` when the folder is no repository or has no such commit.
    """
    bounds = settings or SourceSettings()
    try:
        found = open_git_folder(folder)
        with tempfile.TemporaryDirectory(prefix="worldline-git-") as place:
            git = Git(Path(place), seconds=bounds.clone_seconds, most_bytes=bounds.clone_bytes)
            lent = git.folder / "objects" / "info" / "alternates"
            lent.parent.mkdir(exist_ok=True)
            lent.write_text(f"{found.objects}\n")
            return commit_tree(git, _peeled(git, found.commit_named(revision or "HEAD")))
    except BadSource as error:
        raise _about(error, f"repository {str(folder)!r} at {revision or 'HEAD'!r} cannot be read") from error


def fetch_commit(url: str, revision: str | None, settings: SourceSettings | None = None) -> SourceTree:
    """Return the files of a commit, tag or branch (HEAD when None) of a repository at an https address.

    One commit without its history is fetched, where the server gives it; a tag wins over a branch of its name.
    """
    bounds = settings or SourceSettings()
    try:
        address = resolve(url, bounds)
        with tempfile.TemporaryDirectory(prefix="worldline-git-") as place:
            git = Git(Path(place), seconds=bounds.clone_seconds, most_bytes=bounds.clone_bytes, config=address.config)
            return commit_tree(git, _fetched(git, address.url, revision))
    except BadSource as error:
        raise _about(error, f"repository {url!r} at {revision or 'HEAD'!r} could not be fetched") from error


def fetch_history_of(url: str, revision: str | None, folder: Path, *, commits: int, settings: SourceSettings) -> None:
    """Write the newest commits of what the revision means (HEAD when None) as a bare repository; an existing one is kept.

    It is written aside and renamed, and holds no configuration but ours.
    """
    if folder.exists():
        return
    staged = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    try:
        address = resolve(url, settings)
        git = Git(staged, seconds=settings.clone_seconds, most_bytes=settings.clone_bytes, config=address.config)
        git.run("update-ref", "refs/heads/asked", _fetched(git, address.url, revision, commits=commits))
        git.run("symbolic-ref", "HEAD", "refs/heads/asked")
        git.folder.rename(folder)
    except BadSource as error:
        raise _about(error, f"history of {url!r} at {revision or 'HEAD'!r} could not be fetched") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _about(error: BadSource, sentence: str) -> BadSource:
    text = f"{sentence}: {error}"
    return RefusedSource(error.rule, text) if isinstance(error, RefusedSource) else BadSource(text)


def _fetched(git: Git, url: str, revision: str | None, *, commits: int = 1) -> str:
    """Fetch what the revision names, with so many commits of its history, and return the commit's id."""
    if revision and _COMMIT.fullmatch(revision):
        try:
            git.run(*_FETCH, f"--depth={commits}", "--", url, revision)
        except RefusedSource:
            raise
        except BadSource:
            # Servers may refuse a commit that no ref names (uploadpack.allowAnySHA1InWant): then all is fetched.
            git.run(*_FETCH, "--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        return _peeled(git, revision)
    wanted = [f"refs/tags/{revision}", f"refs/heads/{revision}"] if revision else ["HEAD"]
    said = git.run("ls-remote", "--quiet", "--", url, *wanted).decode("utf-8", "replace")
    refs = {name: commit for commit, _, name in (line.partition("\t") for line in said.splitlines())}
    name = next((name for name in wanted if name in refs), None)
    if name is None:
        missing = "no such tag or branch (a commit is named by all of its 40 digits)" if revision else "no commit"
        raise BadSource(f"it has {missing}")
    git.run(*_FETCH, f"--depth={commits}", "--", url, f"+{name}:refs/asked")
    return _peeled(git, "refs/asked")


def _peeled(git: Git, name: str) -> str:
    """Return the id of the commit that the name or the tag means."""
    try:
        said = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").decode().strip()
    except RefusedSource:
        raise
    except BadSource as error:
        raise BadSource(f"it has no commit {one_line(name)!r}") from error
    if not _COMMIT.fullmatch(said):
        raise BadSource(f"it has no commit {one_line(name)!r}")
    return said
