"""Histories are read commit by commit, from a copy that nothing of the repository's own configuration reaches."""

from pathlib import Path

import pytest

from images.commit_history import first_line, open_history, read_commits
from images.errors import BadSource
from images.git_source import fetch_history_of, read_commit
from images.release_history import write_history
from images.source_settings import SourceSettings
from images.source_tree import SourceTree
from tests.images.hostile.server import LocalServer, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository with three commits, the second on a branch that is merged."""
    folder = tmp_path / "p"
    folder.mkdir()
    git("init", "-q", "-b", "main", cwd=folder)
    for number, (name, data) in enumerate([("a.py", b"1\n"), ("a.py", b"2\n"), ("b\xc3\xa9.bin", b"\xff\xfe")]):
        (folder / name if isinstance(name, str) else folder / name.decode()).write_bytes(data)
        git("add", "-A", cwd=folder)
        git("commit", "-q", "-m", f"Commit {number}\n\nBody.", cwd=folder)
    return folder


def test_commits_come_newest_first_with_the_texts_that_they_change(repository: Path) -> None:
    with open_history(repository) as history:
        found = list(read_commits(history, most=9))
    assert [first_line(commit.message) for commit in found] == ["Commit 2", "Commit 1"]
    assert [list(commit.texts.values()) for commit in found] == [[(None, None)], [("1\n", "2\n")]]
    assert found[0].parent == found[1].id == git("rev-parse", "HEAD^", cwd=repository)


def test_the_history_of_a_tag_and_of_few_commits(repository: Path) -> None:
    git("tag", "one", "HEAD^", cwd=repository)
    with open_history(repository, "one") as history:
        assert len(list(read_commits(history, most=9))) == 1
    with open_history(repository) as history:
        assert len(list(read_commits(history, most=1))) == 1


def test_nothing_that_a_repository_is_configured_to_run_is_run(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (repository / ".gitattributes").write_text("*.py diff=x filter=x\n")
    git("add", "-A", cwd=repository)
    git("commit", "-q", "-m", "attributes", cwd=repository)
    for name in ("core.fsmonitor", "diff.x.command", "diff.x.textconv", "diff.external", "filter.x.smudge"):
        git("config", name, f"touch {mark} #", cwd=repository)
    (tmp_path / "included").write_text(f"[core]\n\tfsmonitor = touch {mark}\n")
    git("config", "include.path", str(tmp_path / "included"), cwd=repository)
    with open_history(repository) as history:
        assert len(list(read_commits(history, most=9))) == 3
    assert not mark.exists()


def test_variables_of_the_user_lead_nowhere_else(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {tmp_path / 'ran'}")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    with open_history(repository) as history:
        assert len(list(read_commits(history, most=9))) == 2
    assert not (tmp_path / "ran").exists()


def test_a_history_of_releases_is_read_alike(tmp_path: Path) -> None:
    trees = [(version, SourceTree(files={"m.py": version.encode()})) for version in ("1.0", "1.1")]
    write_history(tmp_path / "h", trees)
    with open_history(tmp_path / "h") as history:
        (commit,) = read_commits(history, most=9)
    assert (first_line(commit.message), dict(commit.texts)) == ("Release 1.1", {"m.py": ("1.0", "1.1")})


def test_what_is_no_repository_or_lacks_objects_is_refused(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="no git repository"), open_history(tmp_path):
        pass
    blob = git("rev-parse", "HEAD:a.py", cwd=repository)
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(BadSource, match="cannot be read"), open_history(repository):
        pass


def test_the_newest_commits_of_an_address_are_a_history(repository: Path, tmp_path: Path) -> None:
    with LocalServer(tmp_path) as server:
        url, settings = f"{server.url}/git/p", SourceSettings(loopback_http=True)
        fetch_history_of(url, None, tmp_path / "kept.git", commits=2, settings=settings)
        with pytest.raises(BadSource, match="could not be fetched"):
            fetch_history_of(url, "no-such-tag", tmp_path / "none.git", commits=2, settings=settings)
    assert not (tmp_path / "none.git").exists()
    with open_history(tmp_path / "kept.git") as history:
        (commit,) = read_commits(history, most=9)
    assert (first_line(commit.message), commit.id) == ("Commit 2", git("rev-parse", "HEAD", cwd=repository))
    assert read_commit(tmp_path / "kept.git", commit.parent).files["a.py"] == b"2\n"
