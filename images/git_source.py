"""Repositories from git: files of one commit, read object by object so that no hook, filter or attribute ever runs."""

import os
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import git

from images.errors import BadSource
from images.source_tree import SourceTree, check_name

_HARDENED = (
    *("-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false", "-c", "core.symlinks=false", "-c", "safe.bareRepository=explicit"),
)
_CLONE_SECONDS = 300


def read_commit(folder: Path, revision: str | None) -> SourceTree:
    """Return the files of a commit (HEAD when None) of a local repository; links and submodules are skipped.

    Raises `BadSource` when the folder is no repository or has no such commit.
    """
    try:
        repository = git.Repo(folder)
    except git.exc.InvalidGitRepositoryError as error:
        raise BadSource(f"folder {str(folder)!r} is not a git repository") from error
    try:
        commit = repository.commit(revision or "HEAD")
        files: dict[str, bytes] = {}
        executable, skipped = set(), 0
        for item in commit.tree.traverse():
            if item.type == "tree":  # type: ignore[union-attr]
                continue
            if item.type != "blob" or item.mode == 0o120000:  # type: ignore[union-attr]
                skipped += 1
                continue
            name = check_name(str(item.path))  # type: ignore[union-attr]
            files[name] = item.data_stream.read()  # type: ignore[union-attr]
            if item.mode & 0o100:  # type: ignore[union-attr]
                executable.add(name)
    except (ValueError, git.exc.GitError, OSError) as error:
        if isinstance(error, BadSource):
            raise
        raise BadSource(f"repository {str(folder)!r} has no commit {revision or 'HEAD'!r}") from error
    finally:
        repository.close()
    return SourceTree(files=files, executable=frozenset(executable), skipped=skipped)


def read_folder(folder: Path) -> SourceTree:
    """Return the regular files below a folder that is under no version control; hidden folders are left out."""
    files: dict[str, bytes] = {}
    skipped = 0
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__pycache__")
        for name in names:
            path = Path(parent) / name
            if path.is_symlink() or not path.is_file():
                skipped += 1
                continue
            files[check_name(str(path.relative_to(folder)))] = path.read_bytes()
    return SourceTree(files=files, skipped=skipped)


def clone_commit(url: str, revision: str | None) -> SourceTree:
    """Return the files of a commit of a repository at an https address, cloned without running anything of it."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "https",
    }
    for name in ("GIT_SSL_CAINFO", "SSL_CERT_FILE", "https_proxy", "HTTPS_PROXY"):
        with suppress(KeyError):
            environment[name] = os.environ[name]
    with tempfile.TemporaryDirectory(prefix="worldline-clone-") as folder:
        command = ["git", *_HARDENED, "clone", "-q", "--no-checkout", "--template=", "--", url, f"{folder}/clone"]
        try:
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=_CLONE_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise BadSource(f"repository {url!r} was not cloned within {_CLONE_SECONDS} s") from error
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip().splitlines()[-1:] or ["git said nothing"]
            raise BadSource(f"repository {url!r} could not be cloned: {said[0]}") from error
        return read_commit(Path(folder) / "clone", f"origin/{revision}" if _is_branch(folder, revision) else revision)


def _is_branch(folder: str, revision: str | None) -> bool:
    if revision is None:
        return False
    repository = git.Repo(f"{folder}/clone")
    try:
        return any(ref.name == f"origin/{revision}" for ref in repository.references)
    finally:
        repository.close()
