"""Specs, archives, git and recipe inference: what a user names, and what a hostile source tries."""

import io
import tarfile
from pathlib import Path

import git
import pytest

from images.archive import unpack
from images.errors import BadSource
from images.git_source import read_commit
from images.host_pip import HostPip, without_credentials
from images.recipe_inference import infer_recipes
from images.release_history import write_history
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import SourceKind, parse_spec

NO_PIP = HostPip(options={})


def _archive(*entries: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size))
    return buffer.getvalue()


def _entry(name: str, *, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.linkname = kind, size, "/etc/passwd"
    return entry


def test_specs_are_understood(tmp_path: Path) -> None:
    release = parse_spec("pypi:More_Itertools==10.0")
    assert (release.kind, release.location, release.repository) == (
        SourceKind.RELEASE,
        "more-itertools",
        "more-itertools",
    )
    url = parse_spec("git+https://example.org/a/Thing.git@v1")
    assert (url.location, url.revision, url.repository) == ("https://example.org/a/Thing.git", "v1", "thing")
    assert parse_spec(str(tmp_path)).kind is SourceKind.PATH


@pytest.mark.parametrize(
    "text",
    [
        "pypi:x",
        "pypi:-x==1",
        "ext::sh -c id",
        "file:///etc",
        "ssh://-oProxyCommand=id/x",
        "--upload-pack=id",
        "nowhere",
    ],
)
def test_bad_specs_are_one_sentence(text: str) -> None:
    with pytest.raises(BadSource) as caught:
        parse_spec(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\x01b", "a" * 300])
def test_names_that_leave_the_folder_are_refused(name: str) -> None:
    with pytest.raises(BadSource, match="refused"):
        unpack(_archive(_entry(name)), "x.tar")


def test_a_bomb_is_refused() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        archive.addfile(_entry("p/zeros", size=50_000_000), io.BytesIO(bytes(50_000_000)))
    with pytest.raises(BadSource, match="grows"):
        unpack(packed.getvalue(), "x.tar.xz")


def test_rubbish_is_no_archive() -> None:
    with pytest.raises(BadSource, match="cannot be unpacked"):
        unpack(b"rubbish", "x.tar.gz")


def test_releases_become_a_git_history_that_reads_back(tmp_path: Path) -> None:
    first = SourceTree(files={"a.py": b"1\n", "old.py": b""})
    second = SourceTree(files={"a.py": b"2\n", "test_a.py": b"\r\n"}, executable=frozenset({"a.py"}))
    commit = write_history(tmp_path / "h", [("1", first), ("2", second)])
    assert read_commit(tmp_path / "h", "1").digest == first.digest
    assert read_commit(tmp_path / "h", None) == second
    assert write_history(tmp_path / "again", [("1", first), ("2", second)]) == commit


def test_reading_a_commit_runs_no_filter(tmp_path: Path) -> None:
    repository = git.Repo.init(tmp_path / "r")
    (tmp_path / "r" / ".gitattributes").write_text("*.py filter=evil\n")
    (tmp_path / "r" / "a.py").write_text("x = 1\n")
    repository.git.add("--all")
    repository.git.commit(
        "-m", "x", env={f"GIT_{r}_{f}": "x" for r in ("AUTHOR", "COMMITTER") for f in ("NAME", "EMAIL")}
    )
    with repository.config_writer() as config:
        config.set_value('filter "evil"', "smudge", f"touch {tmp_path}/ran")
        config.set_value("core", "fsmonitor", f"touch {tmp_path}/ran")
    repository.close()
    assert read_commit(tmp_path / "r", None).files["a.py"] == b"x = 1\n"
    assert not (tmp_path / "ran").exists()


def test_sources_without_python_or_tests_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(BadSource, match="no Python source"):
        fetch(parse_spec(str(tmp_path)), pip=NO_PIP)
    (tmp_path / "a.py").write_text("x = 1")
    with pytest.raises(BadSource, match="ships no tests"):
        fetch(parse_spec(str(tmp_path)), pip=NO_PIP)


def test_test_needs_are_found_where_projects_say_them() -> None:
    pyproject = b"""[build-system]
[project]
optional-dependencies = {tests = ["freezegun"]}
[dependency-groups]
more = ["attrs"]
test = ["six>=1", {include-group = "more"}, {include-group = "test"}]
"""
    recipe = infer_recipes(
        SourceTree(files={"pyproject.toml": pyproject, "requirements-dev.txt": b"-r x\nidna # y\n"})
    )[0]
    assert recipe.installs == (("-e", ".[tests]"), ("six>=1", "attrs", "idna"))


def test_equal_trees_have_equal_digests() -> None:
    one, two = {"a": b"1", "b/c": b"2"}, {"b/c": b"2", "a": b"1"}
    assert SourceTree(files=one).digest == SourceTree(files=two).digest
    assert SourceTree(files={"a": b"1b", "c": b""}).digest != SourceTree(files={"a": b"1", "bc": b""}).digest


def test_no_host_folder_or_credential_goes_further_than_it_must() -> None:
    pip = HostPip(options={"extra-index-url": "file:///opt/x https://u:p@example.org/simple", "find-links": "/opt/w"})
    assert "file:" not in pip.pip_conf()
    assert "/opt/w" not in pip.pip_conf()
    assert without_credentials("at https://u:p@example.org/simple") == "at https://example.org/simple"
