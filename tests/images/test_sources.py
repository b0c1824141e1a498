"""What all sources have in common: a digest, a place in a history, and needs that their own files name."""

from pathlib import Path

import pytest

from images.errors import BadSource
from images.git_source import read_commit
from images.host_pip import HostPip, without_credentials
from images.release_history import write_history
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import parse_spec

NO_PIP = HostPip(options={})


def test_releases_become_a_git_history_that_reads_back(tmp_path: Path) -> None:
    first = SourceTree(files={"a.py": b"1\n", "old.py": b""})
    second = SourceTree(files={"a.py": b"2\n", "test_a.py": b"\r\n"}, executable=frozenset({"a.py"}))
    commit = write_history(tmp_path / "h", [("1", first), ("2", second)])
    assert read_commit(tmp_path / "h", "1").digest == first.digest
    assert read_commit(tmp_path / "h", None) == second
    assert write_history(tmp_path / "again", [("1", first), ("2", second)]) == commit


def test_sources_without_python_or_tests_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(BadSource, match="no Python source"):
        fetch(parse_spec(str(tmp_path)), pip=NO_PIP)
    (tmp_path / "a.py").write_text("x = 1")
    with pytest.raises(BadSource, match="ships no tests"):
        fetch(parse_spec(str(tmp_path)), pip=NO_PIP)


def test_a_module_in_c_alone_is_a_source_when_something_builds_it(tmp_path: Path) -> None:
    for name in ("setup.py", "a.c", "test_a.py"):
        (tmp_path / name).write_text("")
    tree = fetch(parse_spec(str(tmp_path)), pip=NO_PIP)
    assert (tree.source_files(), tree.test_files()) == ([], ["test_a.py"])


def test_equal_trees_have_equal_digests() -> None:
    one, two = {"a": b"1", "b/c": b"2"}, {"b/c": b"2", "a": b"1"}
    assert SourceTree(files=one).digest == SourceTree(files=two).digest
    assert SourceTree(files={"a": b"1b", "c": b""}).digest != SourceTree(files={"a": b"1", "bc": b""}).digest


def test_no_host_folder_or_credential_goes_further_than_it_must() -> None:
    pip = HostPip(options={"extra-index-url": "file:///opt/x https://u:p@example.org/simple", "find-links": "/opt/w"})
    assert "file:" not in pip.pip_conf()
    assert "/opt/w" not in pip.pip_conf()
    assert without_credentials("at https://u:p@example.org/simple") == "at https://example.org/simple"
