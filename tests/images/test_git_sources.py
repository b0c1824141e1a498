"""Git repositories as sources: what is read of them, over http and from a folder, and what never runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from images.errors import BadSource, RefusedSource
from images.git_source import fetch_commit, read_commit
from images.source_settings import SourceSettings
from tests.images.hostile.archives import CONTAINED, GOOD
from tests.images.hostile.repositories import ANY, REPOSITORIES, SERVERS, make_repository
from tests.images.hostile.server import LocalServer, git

HERE = SourceSettings(loopback_http=True, clone_seconds=60)
FILES = {"pkg/__init__.py": "x = 1\n", "tests/test_x.py": "def test_x():\n    pass\n", "run.sh": "true\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository of three commits: a tag at the first, a branch at the second, main at the third."""
    folder = tmp_path / "served" / "p.git"
    folder.mkdir(parents=True)
    git("init", "-q", "-b", "main", cwd=folder)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "run.sh").chmod(0o755)
    (folder / "link.py").symlink_to("pkg/__init__.py")
    for number in range(3):
        (folder / "n.txt").write_text(str(number))
        git("add", "-A", cwd=folder)
        git("commit", "-q", "-m", str(number), "--date=2020-01-01T00:00:00Z", cwd=folder)
        git(*[("tag", "-a", "-m", "x", "v1"), ("branch", "feature/x"), ("tag", "light")][number], cwd=folder)
    return folder


@pytest.fixture
def server(repository: Path) -> Iterator[LocalServer]:
    """Give a server of the repository."""
    with LocalServer(repository.parent) as made:
        yield made


@pytest.mark.parametrize(("revision", "number"), [(None, b"2"), ("v1", b"0"), ("feature/x", b"1"), ("light", b"2")])
def test_a_tag_or_branch_is_fetched_as_it_is_read(
    server: LocalServer, repository: Path, revision: str | None, number: bytes
) -> None:
    fetched = fetch_commit(f"{server.url}/git/p.git", revision, HERE)
    assert fetched.files["n.txt"] == number
    assert fetched.files["link.py"] == fetched.files["pkg/__init__.py"] == b"x = 1\n"
    assert fetched.executable == {"run.sh"}
    assert fetched.dated is not None
    assert read_commit(repository, revision) == fetched


def test_a_commit_is_fetched_by_its_id_without_the_others(server: LocalServer, repository: Path) -> None:
    commit = git("rev-parse", "feature/x", cwd=repository)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=repository)
    assert fetch_commit(f"{server.url}/git/p.git", commit, HERE).files["n.txt"] == b"1"


def test_a_commit_that_a_server_does_not_give_alone_is_found_in_the_whole(
    server: LocalServer, repository: Path
) -> None:
    server.old_git = True
    commit = git("rev-parse", "v1^{commit}", cwd=repository)
    git("commit", "-q", "--amend", "-m", "other", cwd=repository)
    assert fetch_commit(f"{server.url}/git/p.git", commit, HERE).files["n.txt"] == b"0"


@pytest.mark.parametrize("revision", ["nothing", "0" * 40])
def test_a_missing_revision_is_one_sentence(server: LocalServer, repository: Path, revision: str) -> None:
    for call in (
        lambda: fetch_commit(f"{server.url}/git/p.git", revision, HERE),
        lambda: read_commit(repository, revision),
    ):
        with pytest.raises(BadSource, match=r"it has no .*") as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_server_of_this_machine_is_refused_unless_a_setting_allows_it(server: LocalServer) -> None:
    with pytest.raises(RefusedSource, match="only https is spoken"):
        fetch_commit(f"{server.url}/git/p.git", None)
    assert server.paths == []


def test_redirects_are_followed_where_they_lead_to_a_repository(server: LocalServer) -> None:
    assert fetch_commit(f"{server.url}/odd/to-git/p.git", None, HERE).files["n.txt"] == b"2"


def test_a_worktree_is_read_and_a_forged_one_is_not(repository: Path, tmp_path: Path) -> None:
    git("worktree", "add", "-q", str(tmp_path / "tree"), "v1", cwd=repository)
    assert read_commit(tmp_path / "tree", None).files["n.txt"] == b"0"
    (tmp_path / "forged").mkdir()
    (tmp_path / "forged" / ".git").write_text((tmp_path / "tree" / ".git").read_text())
    with pytest.raises(RefusedSource, match="does not lead back"):
        read_commit(tmp_path / "forged", None)


def test_packed_repositories_are_read_as_loose_ones(repository: Path) -> None:
    before = read_commit(repository, "v1")
    git("gc", "-q", "--prune=now", cwd=repository)
    assert not (repository / ".git" / "refs" / "tags" / "v1").exists()
    assert read_commit(repository, "v1") == before
    assert read_commit(repository, git("rev-parse", "v1^{commit}", cwd=repository)) == before


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_hostile_repository_is_refused_or_contained(name: str, tmp_path: Path) -> None:
    made, expected = make_repository(name, tmp_path), REPOSITORIES[name]
    with LocalServer(tmp_path) as server:
        call = (
            (lambda: fetch_commit(f"{server.url}/git/{made.relative_to(tmp_path)}", "main", HERE))
            if expected.served
            else (lambda: read_commit(made, "main"))
        )
        if expected.rule == CONTAINED:
            assert GOOD.items() <= call().files.items()
        else:
            with pytest.raises(BadSource) as caught:
                call()
            assert (caught.value.rule if isinstance(caught.value, RefusedSource) else "") == expected.rule
            assert str(caught.value).isprintable()
    assert not list(tmp_path.rglob("ran"))


def test_what_the_hostile_repository_is_configured_to_run_does_run_where_git_is_used_in_it(tmp_path: Path) -> None:
    made = make_repository("all that git can be told to run", tmp_path)
    git("update-ref", "refs/heads/other", "main", cwd=made)
    assert list(tmp_path.rglob("ran"))


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_misbehaves_is_left(name: str, tmp_path: Path) -> None:
    path, rule = SERVERS[name]
    with LocalServer(tmp_path) as server, pytest.raises(BadSource) as caught:
        fetch_commit(f"{server.url}/odd/{path}/x.git", "main", SourceSettings(loopback_http=True, clone_seconds=5))
    found = caught.value.rule if isinstance(caught.value, RefusedSource) else ""
    # Refs without end meet the bound of memory or, on a slow machine, that of time.
    assert found in (("memory", "time") if rule == ANY else (rule,)), caught.value
    assert "secret" not in str(caught.value)
