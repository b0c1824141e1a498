"""Source releases from the package index: found and downloaded by name and version, never run on the host."""

import hashlib
import logging
import ssl
from pathlib import Path
from urllib.parse import unquote, urlsplit

from unearth import Package, PackageFinder
from unearth.fetchers import PyPIClient

from images.archive import unpack
from images.errors import BadSource
from images.host_pip import HostPip, without_credentials
from images.source_tree import SourceTree

_MAX_ARCHIVE = 100_000_000


def fetch_release(name: str, version: str, *, pip: HostPip) -> SourceTree:
    """Return the files of the source release `name==version`.

    Raises `BadSource` when no index knows the project, the version, or a source archive of it, or when the archive does
    not have the digest that the index states.
    """
    trust = ssl.create_default_context(cafile=str(pip.certificates) if pip.certificates else None)
    # Its warnings repeat, in other words, what the error below says in one sentence.
    logging.getLogger("unearth").setLevel(logging.ERROR)
    try:
        with PyPIClient(verify=trust, timeout=60) as client:
            return _fetch(client, name, version, pip)
    except OSError as error:
        raise BadSource(f"release {name}=={version} could not be fetched: {without_credentials(str(error))}") from error


def _fetch(client: PyPIClient, name: str, version: str, pip: HostPip) -> SourceTree:
    reachable = [url for url in pip.index_urls if not url.startswith("file:") or _is_file_index(url, name)]
    finder = PackageFinder(client, index_urls=reachable, no_binary=[":all:"], ignore_compatibility=True)  # type: ignore[arg-type]
    found = [p for p in finder.find_matches(f"{name}=={version}", allow_yanked=True) if not p.link.is_wheel]
    if not found:
        known = [p.version for p in finder.find_matches(name, allow_prereleases=True) if p.version]
        raise BadSource(_missing(name, version, known))
    return unpack(_download(found[0], client), found[0].link.filename)


def _is_file_index(url: str, name: str) -> bool:
    return (Path(unquote(urlsplit(url).path)) / name).is_dir()


def _missing(name: str, version: str, known: list[str]) -> str:
    if not known:
        return f"project {name!r} was not found on the package index: check the name"
    return (
        f"release {name}=={version} has no source archive on the package index: the newest are {', '.join(known[:4])}"
    )


def _download(package: Package, client: PyPIClient) -> bytes:
    link = package.link
    if link.is_file:
        data = link.file_path.read_bytes()
    else:
        response = client.get(link.url_without_fragment)
        response.raise_for_status()
        data = response.content
    if len(data) > _MAX_ARCHIVE:
        raise BadSource(f"archive {link.filename!r} has {len(data)} bytes: at most {_MAX_ARCHIVE} are taken")
    for algorithm, digest in (link.hash_option or {}).items():
        if hashlib.new(algorithm, data).hexdigest() not in digest:
            raise BadSource(f"archive {link.filename!r} does not have the {algorithm} digest that the index states")
    return data
