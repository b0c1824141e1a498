"""RepositorySpec: how a user names a repository at one commit."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from images.errors import BadSource

_RELEASE = re.compile(r"pypi:(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9.!+_-]+)")
_GIT_URL = re.compile(r"(git\+)?(?P<url>https://[^@\s]+?)(@(?P<revision>[A-Za-z0-9._/-]+))?")


class SourceKind(StrEnum):
    """Where the files come from."""

    RELEASE = "release"
    GIT_URL = "git-url"
    PATH = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositorySpec:
    """One repository at one commit, release or state on disk.

    `location` is the project's name, the URL or the absolute path; `revision` the version, commit, tag or branch.
    """

    text: str
    kind: SourceKind
    location: str
    revision: str | None

    @property
    def repository(self) -> str:
        """Return the short name that images, datasets and splits use: lower case, `-` for all that is no letter."""
        name = self.location.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
        return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "repository"


def parse_spec(text: str) -> RepositorySpec:
    """Return the spec that the text names; raise `BadSource` with the accepted forms when it names none."""
    if text.startswith("pypi:"):
        release = _RELEASE.fullmatch(text)
        if not release:
            raise BadSource(f"release {text!r} was not understood: write it as pypi:NAME==VERSION")
        name = re.sub(r"[-_.]+", "-", release["name"]).lower()
        return RepositorySpec(text=text, kind=SourceKind.RELEASE, location=name, revision=release["version"])
    if "://" in text:
        url = _GIT_URL.fullmatch(text)
        if not url:
            raise BadSource(f"repository URL {text!r} was not understood: only https://HOST/PATH[@REVISION] is fetched")
        return RepositorySpec(text=text, kind=SourceKind.GIT_URL, location=url["url"], revision=url["revision"])
    path, _, revision = text.partition("@")
    if text.startswith("-") or not Path(path).is_dir():
        raise BadSource(
            f"repository {text!r} was not found: give pypi:NAME==VERSION, https://HOST/PATH[@REVISION] or a folder"
        )
    return RepositorySpec(
        text=text, kind=SourceKind.PATH, location=str(Path(path).resolve()), revision=revision or None
    )
