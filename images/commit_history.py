"""Commit history: the commits of a local repository, each with what it changed, read by GitPython from a copy of ours.

GitPython starts git in the repository that it opens, without bounds, and obeys its configuration. So it never opens a
stranger's: the hardened, bounded git of `git_process` first packs the commits into an empty repository of ours, without
deltas, so that no object is larger in memory than it says. There is nothing in that for GitPython to obey: no configuration,
hook, attribute or filter but what we wrote.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from images.errors import BadSource, RefusedSource
from images.file_names import check_name
from images.git_folder import open_git_folder
from images.git_process import Git
from images.plain_text import one_line
from images.source_settings import SourceSettings

if TYPE_CHECKING:
    from git import Repo

_LARGEST_TEXT = 2_000_000
_MOST_NAMES = 2_000
_LONGEST_MESSAGE = 20_000
# Over what the user's environment may say of where git works and of what it runs.
_QUIET = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_TRACE": "0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit beside its first parent: `texts` has for each changed path its text before and after, None for none.

    A file that is no UTF-8, or larger than 2 MB, has None on both sides; more than 2,000 changed files leave `texts` empty.
    """

    id: str
    parent: str
    message: str
    parent_message: str
    dated: datetime
    texts: Mapping[str, tuple[str | None, str | None]]


@contextmanager
def open_history(folder: Path, revision: str | None = None, settings: SourceSettings | None = None) -> Iterator["Repo"]:
    """Context that gives a repository of ours with the history of a commit (HEAD when None) of a local repository.

    Raises `BadSource` when the folder is no repository or has no such commit, and where the history breaks a bound.
    """
    bounds = settings or SourceSettings()
    found = open_git_folder(folder)
    commit = found.commit_named(revision or "HEAD")
    with tempfile.TemporaryDirectory(prefix="worldline-history-") as place:
        ours = Git(Path(place), seconds=bounds.clone_seconds, most_bytes=bounds.clone_bytes)
        lent = ours.folder / "objects" / "info" / "alternates"
        lent.parent.mkdir(exist_ok=True)
        lent.write_text(f"{found.objects}\n")
        (ours.folder / "shallow").write_text("".join(f"{commit}\n" for commit in found.shallow()))
        try:
            ours.run("update-ref", "refs/heads/asked", commit)
            ours.run("repack", "-q", "-a", "-d", "-F", "--window=0", "--depth=0")
        except RefusedSource as error:
            raise RefusedSource(error.rule, f"the history of {str(folder)!r} cannot be read: {error}") from error
        except BadSource as error:
            raise BadSource(f"the history of {str(folder)!r} at {commit} cannot be read: {error}") from error
        lent.unlink()
        with _opened(ours.folder) as repository:
            yield repository


@contextmanager
def _opened(folder: Path) -> Iterator["Repo"]:
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    # Imported here: GitPython starts `git version` when it is imported, and nothing else needs it.
    from git import Repo

    with Repo(folder, expand_vars=False) as repository:
        place = {"GIT_DIR": str(folder), "GIT_OBJECT_DIRECTORY": str(folder / "objects"), "HOME": "/nonexistent"}
        repository.git.update_environment(**_QUIET, **place)
        yield repository


def read_commits(repository: "Repo", *, most: int) -> Iterator[Commit]:
    """Yield the newest commits whose parent is there, the newest first, along first parents."""
    boundary = Path(repository.git_dir) / "shallow"
    shallow = set(boundary.read_text().split()) if boundary.exists() else set()
    for commit in repository.iter_commits("refs/heads/asked", first_parent=True, max_count=most):
        if commit.parents and commit.hexsha not in shallow:
            yield Commit(
                id=commit.hexsha,
                parent=commit.parents[0].hexsha,
                message=_message(commit),
                parent_message=_message(commit.parents[0]),
                dated=datetime.fromtimestamp(commit.committed_date, UTC),
                texts=_texts(commit),
            )


def _message(commit: object) -> str:
    said = commit.message  # type: ignore[attr-defined]
    return (said if isinstance(said, str) else said.decode("utf-8", "replace"))[:_LONGEST_MESSAGE]


def _texts(commit: object) -> dict[str, tuple[str | None, str | None]]:
    changes = commit.parents[0].diff(commit, no_renames=True, no_ext_diff=True)  # type: ignore[attr-defined]
    if len(changes) > _MOST_NAMES:
        return {}
    found = {}
    for change in changes:
        path = change.b_path or change.a_path
        sides = (_text(change.a_blob), _text(change.b_blob))
        # A text of which one side cannot be shown is no text.
        readable = all(side is not None or blob is None for side, blob in zip(sides, _blobs(change), strict=True))
        found[check_name(path)] = sides if readable else (None, None)
    return found


def _blobs(change: object) -> tuple[object, object]:
    return change.a_blob, change.b_blob  # type: ignore[attr-defined]


def _text(blob: object) -> str | None:
    if blob is None or blob.size > _LARGEST_TEXT:  # type: ignore[attr-defined]
        return None
    try:
        return str(blob.data_stream.read().decode())  # type: ignore[attr-defined]
    except UnicodeDecodeError:
        return None


def first_line(message: str) -> str:
    """Return the subject of a commit's message, fit to be shown."""
    return one_line(message.strip().split("\n", 1)[0])
