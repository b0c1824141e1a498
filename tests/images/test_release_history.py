"""Histories: the releases of a project as a git repository, bounded, dated, and without what is broken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from images.errors import BadSource
from images.git_source import read_commit
from images.release_history import fetch_history, write_history
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import parse_spec
from tests.images.hostile.archives import entry, tar
from tests.images.hostile.server import IndexFile, LocalServer, git

VERSIONS = {"1.0": 2015, "1.1": 2016, "2.0rc1": 2017, "2.0": 2018, "1.2": 2019, "10.0": 2020}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """Give an index of a project with six releases, and a seventh that is hostile."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with LocalServer(tmp_path) as server:
        for version, year in VERSIONS.items():
            data = tar(entry("p-1/version.py", version.encode()))
            server.add("p", IndexFile(name=f"p-{version}.tar.gz", data=data, uploaded=f"{year}-06-01T00:00:00Z"))
        server.add("p", IndexFile(name="p-3.0.tar.gz", data=tar(entry("/etc/x")), uploaded="2021-01-01T00:00:00Z"))
        yield server


def _tags(folder: Path) -> list[str]:
    return git("log", "--reverse", "--format=%D", cwd=folder).replace("HEAD -> main, ", "").split("\n")


def test_a_history_has_a_dated_commit_for_each_release_oldest_first(index: LocalServer, tmp_path: Path) -> None:
    left_out = fetch_history(parse_spec("history:p"), tmp_path / "h", pip=index.pip)
    assert _tags(tmp_path / "h") == [f"tag: {version}" for version in ("1.0", "1.1", "1.2", "2.0", "10.0")]
    dates = git("log", "--reverse", "--format=%ad", "--date=format:%Y", cwd=tmp_path / "h").split()
    assert dates == ["2015", "2016", "2019", "2018", "2020"]
    assert list(left_out) == ["3.0"]
    assert "was refused" in left_out["3.0"]
    assert git("status", "--porcelain", cwd=tmp_path / "h") == ""
    assert git("fsck", "--strict", cwd=tmp_path / "h") == ""


@pytest.mark.parametrize(
    ("text", "versions"),
    [("history:p:2", ["3.0", "10.0"]), ("history:p>=1.1,<3", ["1.1", "1.2", "2.0"]), ("history:P>1,<3:1", ["2.0"])],
)
def test_a_history_is_bounded_by_a_number_and_a_range(
    index: LocalServer, tmp_path: Path, text: str, versions: list[str]
) -> None:
    left_out = fetch_history(parse_spec(text), tmp_path / "h", pip=index.pip)
    assert [tag.removeprefix("tag: ") for tag in _tags(tmp_path / "h")] == [v for v in versions if v not in left_out]


def test_the_files_of_a_history_are_those_of_its_last_release(index: LocalServer, tmp_path: Path) -> None:
    tree = fetch(parse_spec("history:p<2"), pip=index.pip)
    assert tree.files["version.py"] == b"1.2"
    fetch_history(parse_spec("history:p<2"), tmp_path / "h", pip=index.pip)
    assert fetch(parse_spec(f"{tmp_path}/h"), pip=index.pip) == tree
    assert fetch(parse_spec(f"{tmp_path}/h@1.0"), pip=index.pip).files["version.py"] == b"1.0"


def test_a_range_without_releases_names_the_newest(index: LocalServer, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match=r"no release of p is in the range >=20: the newest are .*10\.0"):
        fetch_history(parse_spec("history:p>=20"), tmp_path / "h", pip=index.pip)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_no_attribute_filter_or_odd_name_changes_what_a_history_holds(tmp_path: Path) -> None:
    files = {
        ".gitattributes": b"* text=auto filter=x working-tree-encoding=UTF-16\n",
        "a.py": b"\r\n",
        'q"\\ é.py': b"1",
    }
    files |= {".gitignore": b"*\n", "sub/.gitmodules": b"x", "n\udce9.txt": b"latin"}
    tree = SourceTree(files=files, executable=frozenset({"a.py"}))
    write_history(tmp_path / "h", [("1", tree)])
    assert read_commit(tmp_path / "h", "1") == tree
