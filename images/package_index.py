"""Source releases from the package index that pip is configured for: listed with their dates, downloaded, never run."""

import hashlib
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
from packaging.version import InvalidVersion, Version
from unearth import Link, PackageFinder
from unearth.fetchers import PyPIClient

from images.archive import unpack
from images.download_cache import DownloadCache
from images.errors import BadSource, RefusedSource
from images.host_pip import HostPip, without_credentials
from images.plain_text import one_line
from images.source_tree import SourceTree

_MAX_ARCHIVE = 100_000_000
_DOWNLOAD_SECONDS = 300
# An encoding on the way would be a second way to grow.
_AS_IT_IS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One source release: `dated` is when the index got its archive, where the index says so."""

    project: str
    version: str
    dated: datetime | None
    yanked: bool
    link: Link


def fetch_release(name: str, version: str, *, pip: HostPip) -> SourceTree:
    """Return the files of the source release `name==version`, also of a yanked one, as pip does for `==` (PEP 592).

    Raises `BadSource` when no index knows the project, the version, or a source archive of it; `RefusedSource` when the
    archive does not have the digest that the index states, or breaks a rule.
    """
    with PackageIndex(pip) as index:
        known = index.releases(name)
        found = [release for release in known if _same(release.version, version)]
        if not found:
            raise BadSource(_missing(name, version, known))
        return index.download(found[-1])


def _same(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _missing(name: str, version: str, known: list[Release]) -> str:
    if not known:
        return f"project {name!r} was not found on the package index, or has no source archives: check the name"
    newest = ", ".join(release.version for release in reversed(known[-4:]))
    return f"release {name}=={version} has no source archive on the package index: the newest are {newest}"


class PackageIndex:
    """Context that asks the indexes of `pip`, all of them, as pip does; downloads are kept by digest."""

    def __init__(self, pip: HostPip, cache: DownloadCache | None = None) -> None:
        self._pip = pip
        self._cache = cache or DownloadCache()
        trust = ssl.create_default_context(cafile=str(pip.certificates) if pip.certificates else None)
        self._client = PyPIClient(
            verify=trust,
            timeout=60,
            follow_redirects=True,
            max_redirects=5,
            trusted_hosts=pip.options.get("trusted-host", "").split(),
            event_hooks={"response": [_refuse_odd_redirects]},
        )
        # Its warnings repeat, in other words, what our errors say in one sentence.
        logging.getLogger("unearth").setLevel(logging.ERROR)

    def __enter__(self) -> "PackageIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def releases(self, name: str) -> list[Release]:
        """Return the source releases of a project, oldest version first, one archive for each version.

        Dates, digests and yanked releases are read from the index's JSON (PEP 691, 700), else from its HTML, which has
        no dates. An empty list means that no index knows the project.
        """
        with _naming_index_errors(f"project {name!r}"):
            finder = PackageFinder(
                self._client,  # type: ignore[arg-type]
                index_urls=[url for url in self._pip.index_urls if not url.startswith("file:") or _has(url, name)],
                no_binary=[":all:"],
                ignore_compatibility=True,
            )
            found = [p for p in finder.find_all_packages(name, allow_yanked=True) if not p.link.is_wheel]
        listed: dict[Version, Release] = {}
        for package in found:
            link, version = package.link, Version(package.version or "0")
            known = listed.get(version)
            if _may_be_followed(link) and (known is None or _rank(link) < _rank(known.link)):
                listed[version] = Release(
                    project=name,
                    version=package.version or "0",
                    dated=link.upload_time,
                    yanked=link.is_yanked,
                    link=link,
                )
        return [listed[version] for version in sorted(listed)]

    def download(self, release: Release) -> SourceTree:
        """Return the files of a release, dated; raise as `fetch_release` does."""
        what = f"release {release.project}=={release.version}"
        digests = {name: values[0].lower() for name, values in (release.link.hash_option or {}).items() if values}
        kept = self._cache.get(digests["sha256"]) if "sha256" in digests else None
        if kept is None:
            with _naming_index_errors(what):
                kept = self._read(release.link)
            for algorithm, digest in digests.items():
                if hashlib.new(algorithm, kept).hexdigest() != digest:
                    sentence = (
                        f"{what} was refused: its archive does not have the {algorithm} digest that the index states"
                    )
                    raise RefusedSource("digest", sentence)
            if "sha256" in digests:
                self._cache.put(digests["sha256"], kept)
        return replace(unpack(kept, release.link.filename), dated=release.dated)

    def _read(self, link: Link) -> bytes:
        if link.is_file:
            with link.file_path.open("rb") as handle:
                return _bounded(iter(lambda: handle.read(1 << 16), b""), link)
        with self._client.get_stream(link.url_without_fragment, headers=_AS_IT_IS) as response:
            response.raise_for_status()
            return _bounded(response.iter_raw(1 << 16), link)


def _bounded(pieces: Iterator[bytes], link: Link) -> bytes:
    deadline, data = time.monotonic() + _DOWNLOAD_SECONDS, bytearray()
    for piece in pieces:
        data += piece
        if len(data) > _MAX_ARCHIVE:
            what = one_line(link.filename)
            raise RefusedSource("bytes", f"archive {what!r} has more than {_MAX_ARCHIVE} bytes, which are not taken")
        if time.monotonic() > deadline:
            raise RefusedSource("time", f"archive {one_line(link.filename)!r} did not arrive in {_DOWNLOAD_SECONDS} s")
    return bytes(data)


def _rank(link: Link) -> tuple[bool, bool]:
    """Say which of two archives of a version is taken: one that was not yanked, a .tar.gz."""
    return link.is_yanked, not link.filename.endswith(".tar.gz")


def _may_be_followed(link: Link) -> bool:
    """Say whether an index's link leads where an index may lead: never from the network to this machine's files."""
    return not link.is_file or (link.comes_from or "").startswith("file:")


def _refuse_odd_redirects(response: Any) -> None:
    location = response.headers.get("location", "")
    if response.is_redirect and urlsplit(location).scheme not in ("", "http", "https"):
        raise RefusedSource("redirect", "the package index redirects to an address that is not on the web")


def _has(url: str, name: str) -> bool:
    return (Path(unquote(urlsplit(url).path)) / name).is_dir()


@contextmanager
def _naming_index_errors(what: str) -> Iterator[None]:
    try:
        yield
    except BadSource:
        raise
    except (OSError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        said = one_line(without_credentials(str(error)))
        raise BadSource(f"{what} could not be fetched from the package index: {said}") from error
