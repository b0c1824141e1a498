"""A git repository made from releases: one commit a release, oldest first, tagged, equal on every machine."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from images.errors import BadSource
from images.git_folder import open_git_folder
from images.git_process import Git
from images.host_pip import HostPip
from images.package_index import PackageIndex, Release
from images.source_tree import SourceTree
from images.spec import RepositorySpec

_FIRST_SECOND = 1_700_000_000
_SECONDS = 1_800
_MOST_BYTES = 8_000_000_000
_MOST_RELEASES = 500
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"


def choose_releases(index: PackageIndex, spec: RepositorySpec) -> list[Release]:
    """Return the releases that a history's spec means: in its range, not yanked, the newest so many, oldest first.

    Pre-releases count only where the range names one, or where there is nothing else (PEP 440). The order is that of
    the versions, so that a fix of an old line stands beside what it fixes; the dates are the index's.
    """
    known = {release.version: release for release in index.releases(spec.location) if not release.yanked}
    if not known:
        raise BadSource(f"project {spec.location!r} was not found on the package index, or has no source archives")
    chosen = sorted(SpecifierSet(spec.revision or "").filter(known), key=Version)
    if not chosen:
        newest = ", ".join(list(known)[-4:])
        raise BadSource(f"no release of {spec.location} is in the range {spec.revision}: the newest are {newest}")
    return [known[version] for version in chosen[-min(spec.newest or _MOST_RELEASES, _MOST_RELEASES) :]]


def fetch_newest(spec: RepositorySpec, *, pip: HostPip) -> SourceTree:
    """Return the files of the last release of a history."""
    with PackageIndex(pip) as index:
        return index.download(choose_releases(index, spec)[-1])


def fetch_history(spec: RepositorySpec, folder: Path, *, pip: HostPip) -> dict[str, str]:
    """Write the history of a spec as a git repository; return the releases that are not in it, each with its reason.

    Raises `BadSource` when none of the releases can be unpacked.
    """
    left_out: dict[str, str] = {}
    if folder.exists():
        return left_out
    with PackageIndex(pip) as index:
        write_history(folder, _downloaded(index, choose_releases(index, spec), left_out))
    return left_out


def _downloaded(
    index: PackageIndex, releases: list[Release], left_out: dict[str, str]
) -> Iterator[tuple[str, SourceTree]]:
    for release in releases:
        try:
            yield release.version, index.download(release)
        except BadSource as error:
            left_out[release.version] = str(error)


def write_history(folder: Path, releases: Iterable[tuple[str, SourceTree]]) -> str:
    """Write a repository whose commits are the releases, in order, and return the last commit's id.

    It is written aside and renamed, so that a killed run leaves nothing half-written; an existing one is kept. The
    files of the last release stand beside it. No attribute or filter of theirs is ever applied.
    """
    if folder.exists():
        return open_git_folder(folder).commit_named("HEAD")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    try:
        git = Git(staged, seconds=_SECONDS, most_bytes=_MOST_BYTES)
        last = None
        with git.asking("fast-import", "--quiet", "--date-format=raw", "--done") as (commands, _):
            for number, (version, tree) in enumerate(releases):
                _write_commit(commands, number, version, tree)
                last = tree
            commands.write(b"done\n")
        if last is None:
            raise BadSource(f"no release of {folder.name!r} could be taken")
        commit = git.run("rev-parse", "refs/heads/main").decode().strip()
        git.run("symbolic-ref", "HEAD", "refs/heads/main")
        git.run("read-tree", "refs/heads/main")
        git.folder.rename(staged / ".git")
        (staged / ".git" / "config").write_text(_CONFIG)
        _write_files(staged, last)
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return commit


def _write_commit(commands: IO[bytes], number: int, version: str, tree: SourceTree) -> None:
    # Without the index's dates, a day a release keeps the ids equal on every machine.
    seconds = int(tree.dated.timestamp()) if tree.dated else _FIRST_SECOND + 86_400 * number
    message = f"Release {version}\n".encode()
    commands.write(b"commit refs/heads/main\nmark :%d\n" % (number + 1))
    commands.write(b"committer Worldline <worldline@localhost> %d +0000\n" % seconds)
    commands.write(b"data %d\n%s\n" % (len(message), message))
    commands.write(b"deleteall\n")
    for name in sorted(tree.files):
        mode = b"100755" if name in tree.executable else b"100644"
        path = name.encode("utf-8", "surrogateescape").replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        commands.write(b'M %s inline "%s"\ndata %d\n' % (mode, path, len(tree.files[name])))
        commands.write(tree.files[name])
        commands.write(b"\n")
    commands.write(b"reset refs/tags/%s\nfrom :%d\n\n" % (version.encode(), number + 1))


def _write_files(folder: Path, tree: SourceTree) -> None:
    for name, data in tree.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if name in tree.executable else 0o644)
