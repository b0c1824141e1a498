"""RepositorySpec: how a user names a repository at one commit, a release, or the history of releases."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from images.errors import BadSource, RefusedSource
from images.plain_text import one_line

_LONGEST = 2_048
_NAME = r"(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)"
_RELEASE = re.compile(rf"pypi:{_NAME}==(?P<version>[A-Za-z0-9.!+_-]+)")
_HISTORY = re.compile(rf"history:{_NAME}(?P<range>[<>=!~][^:]*)?(:(?P<newest>[1-9][0-9]{{0,3}}))?")
_HOST = r"(?P<host>[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
_GIT_URL = re.compile(
    rf"(git\+)?(?P<url>(?P<scheme>https?)://{_HOST}/(?P<path>[A-Za-z0-9._~/%+-]+))(@(?P<revision>[^@]+))?", re.ASCII
)
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]*", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
FORMS = "pypi:NAME==VERSION, history:NAME[RANGE][:NEWEST], https://HOST/PATH[@REVISION] or FOLDER[@REVISION]"


class SourceKind(StrEnum):
    """Where the files come from."""

    RELEASE = "release"
    HISTORY = "history"
    GIT_URL = "git-url"
    PATH = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositorySpec:
    """One repository at one commit, release or state on disk, or all releases of a project.

    `location` is the project's name, the URL or the absolute path; `revision` the version, commit, tag or branch, of a
    history the range of versions; `newest` bounds a history to so many releases.
    """

    text: str
    kind: SourceKind
    location: str
    revision: str | None
    newest: int | None = None

    @property
    def repository(self) -> str:
        """Return the short name that images, datasets and splits use: lower case, `-` for all that is no letter."""
        return short_name(self.location)


def short_name(location: str) -> str:
    """Return the last part of a location as a short name."""
    name = location.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "repository"


def parse_spec(text: str) -> RepositorySpec:
    """Return the spec that the text names; raise `BadSource` with the accepted forms when it names none."""
    if len(text) > _LONGEST:
        raise RefusedSource("address", f"a repository of {len(text)} characters was refused: at most {_LONGEST}")
    if text.startswith("pypi:"):
        return _release(text)
    if text.startswith("history:"):
        return _history(text)
    if "://" in text or "::" in text:
        return _git_url(text)
    return _path(text)


def _release(text: str) -> RepositorySpec:
    release = _RELEASE.fullmatch(text)
    if not release:
        raise BadSource(f"release {one_line(text)!r} was not understood: write it as pypi:NAME==VERSION")
    name = _normal(release["name"])
    return RepositorySpec(text=text, kind=SourceKind.RELEASE, location=name, revision=release["version"])


def _history(text: str) -> RepositorySpec:
    history = _HISTORY.fullmatch(text)
    try:
        versions = str(SpecifierSet(history["range"] or "")) if history else ""
    except InvalidSpecifier:
        history = None
    if not history:
        example = "history:NAME, history:NAME>=1.0,<2 or history:NAME:20 for the newest 20"
        raise BadSource(f"history {one_line(text)!r} was not understood: write it as {example}")
    return RepositorySpec(
        text=text,
        kind=SourceKind.HISTORY,
        location=_normal(history["name"]),
        revision=versions or None,
        newest=int(history["newest"]) if history["newest"] else None,
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _git_url(text: str) -> RepositorySpec:
    url = _GIT_URL.fullmatch(text)
    plain = url and (url["scheme"] == "https" or url["host"].lower() in _LOOPBACK)
    if not url or not plain or ".." in url["path"].split("/"):
        # What stands before an `@` may be a password.
        shown = one_line(re.sub(r"(?<=//)[^/]*@", "***@", text))
        raise RefusedSource(
            "address", f"repository URL {shown!r} was refused: only https://HOST/PATH[@REVISION] is fetched"
        )
    revision = _checked_revision(url["revision"], text)
    return RepositorySpec(text=text, kind=SourceKind.GIT_URL, location=url["url"], revision=revision)


def _path(text: str) -> RepositorySpec:
    path, sign, revision = (text, "", None) if _is_folder(text) else text.rpartition("@")
    if text.startswith("-") or not path or not _is_folder(path) or (sign and not revision):
        raise BadSource(f"repository {one_line(text)!r} was not found: give {FORMS}")
    revision = _checked_revision(revision, text)
    return RepositorySpec(text=text, kind=SourceKind.PATH, location=str(Path(path).resolve()), revision=revision)


def _is_folder(text: str) -> bool:
    try:
        return Path(text).is_dir()
    except (OSError, ValueError):
        return False


def _checked_revision(revision: str | None, text: str) -> str | None:
    """Return the revision; raise `RefusedSource` for what git could take for an option, a range or an expression."""
    if revision is None:
        return None
    plain = _REVISION.fullmatch(revision) and len(revision) <= 255
    if not plain or ".." in revision or "//" in revision or revision.endswith(("/", ".", ".lock")):
        shown = one_line(revision)
        raise RefusedSource(
            "revision",
            f"revision {shown!r} of {one_line(text)!r} was refused: name a tag, a branch or a whole commit id",
        )
    return revision
