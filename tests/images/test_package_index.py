"""The package index: dates, yanked releases, digests, both forms of page, and the downloads that are kept."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from images.download_cache import DownloadCache
from images.errors import BadSource, RefusedSource
from images.package_index import PackageIndex, fetch_release
from tests.images.hostile.archives import GOOD, entry, tar, zipped
from tests.images.hostile.server import IndexFile, LocalServer


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a cache that no other test shares."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "worldline" / "downloads"


@pytest.fixture(params=["json", "html"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalServer]:
    """Give an index of one project, in each form of page."""
    with LocalServer(tmp_path, html=request.param == "html") as server:
        server.add(
            "p",
            IndexFile(name="p-1.0.tar.gz", data=tar(), uploaded="2020-01-02T03:04:05.6Z"),
            IndexFile(name="p-1.0.zip", data=zipped(("p-1/in_zip.py", b"")), uploaded="2020-01-02T03:04:05Z"),
            IndexFile(name="p-1.10.zip", data=zipped(), uploaded="2022-01-01T00:00:00Z"),
            IndexFile(name="p-1.9.tar.gz", data=tar(), uploaded="2021-01-01T00:00:00Z", yanked="broken"),
            IndexFile(name="p-1.9-py3-none-any.whl", data=b"", uploaded="2021-01-01T00:00:00Z"),
        )
        yield server


def test_releases_are_listed_oldest_first_with_what_the_index_says(index: LocalServer) -> None:
    with PackageIndex(index.pip) as asked:
        found = asked.releases("p")
    assert [(r.version, r.yanked) for r in found] == [("1.0", False), ("1.9", True), ("1.10", False)]
    dates = [r.dated for r in found]
    assert dates == [None] * 3 if index.html else dates[0] == datetime(2020, 1, 2, 3, 4, 5, 600_000, UTC)


def test_a_release_is_taken_by_its_version_also_when_it_was_yanked(index: LocalServer) -> None:
    assert fetch_release("p", "1.0.0", pip=index.pip).files == GOOD
    assert fetch_release("p", "1.9", pip=index.pip).files == GOOD


@pytest.mark.parametrize(
    ("name", "version", "words"), [("p", "3", "newest are 1.10, 1.9, 1.0"), ("q", "1", "check the name")]
)
def test_what_is_not_there_is_one_sentence(index: LocalServer, name: str, version: str, words: str) -> None:
    with pytest.raises(BadSource, match=words):
        fetch_release(name, version, pip=index.pip)


def test_a_download_is_kept_and_not_asked_for_again(index: LocalServer, cache: Path) -> None:
    fetch_release("p", "1.0", pip=index.pip)
    fetch_release("p", "1.0", pip=index.pip)
    assert len([path for path in index.paths if path.startswith("/files/")]) == 1
    assert [path.name for path in cache.iterdir()] == [hashlib.sha256(tar()).hexdigest()]


def test_an_archive_with_another_digest_is_refused_and_not_kept(index: LocalServer, cache: Path) -> None:
    index.add("forged", IndexFile(name="forged-1.tar.gz", data=tar(), sha256="0" * 64))
    with pytest.raises(RefusedSource, match="does not have the sha256 digest") as caught:
        fetch_release("forged", "1", pip=index.pip)
    assert caught.value.rule == "digest"
    assert not cache.exists()


def test_an_index_on_the_network_cannot_name_files_of_this_machine(index: LocalServer, tmp_path: Path) -> None:
    secret = tmp_path / "r-1.tar.gz"
    secret.write_bytes(tar(entry("p-1/secret.py")))
    index.add("r", IndexFile(name="r-1.tar.gz", data=b"", address=secret.as_uri()))
    with pytest.raises(BadSource, match="check the name"):
        fetch_release("r", "1", pip=index.pip)


def test_the_cache_is_bounded_and_forgets_what_rots(tmp_path: Path) -> None:
    cache = DownloadCache(folder=tmp_path, most_bytes=25)
    pieces = {hashlib.sha256(data).hexdigest(): data for data in (b"a" * 10, b"b" * 10, b"c" * 10)}
    for digest, data in pieces.items():
        cache.put(digest, data)
    first, second, third = pieces
    assert [cache.get(digest) for digest in (first, second, third)] == [None, pieces[second], pieces[third]]
    (tmp_path / third).write_bytes(b"rot")
    assert cache.get(third) is None
    assert not (tmp_path / third).exists()
