"""Folders as sources: plain files alone, whatever else lies there or happens meanwhile."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from images.errors import BadSource, RefusedSource
from images.folder_source import read_folder
from tests.images.hostile.server import git


def test_hidden_files_count_and_what_tools_left_does_not(tmp_path: Path) -> None:
    kept = [".github/workflows/ci.yml", "a.py", "sub/.coveragerc", "build/x.txt"]
    left = [".git/config", "__pycache__/a.pyc", ".tox/x", "env/pyvenv.cfg", "env/lib/y.py", "sub/.git"]
    for name in [*kept, *left]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "a.py").chmod(0o755)
    tree = read_folder(tmp_path)
    assert sorted(tree.files) == sorted(kept)
    assert tree.executable == {"a.py"}


def test_links_out_fifos_sockets_and_rings_are_skipped_without_waiting(tmp_path: Path) -> None:
    (tmp_path / "inside.py").write_text("1")
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    (tmp_path / "upwards").symlink_to("../../../../etc/passwd")
    (tmp_path / "ring").symlink_to("ring")
    (tmp_path / "etc").symlink_to("/etc")
    (tmp_path / "copy.py").symlink_to("inside.py")
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
    tree = read_folder(tmp_path)
    assert dict(tree.files) == {"inside.py": b"1", "copy.py": b"1"}
    assert tree.skipped == 5


def test_a_sparse_file_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as handle:
        handle.truncate(10_000_000_000)
    with pytest.raises(RefusedSource, match="has 10000000000 bytes"):
        read_folder(tmp_path)


def test_a_name_that_is_not_utf_8_is_a_file_and_no_module(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.py")).write_bytes(b"x")
    tree = read_folder(tmp_path)
    assert list(tree.files) == ["caf\udce9.py"]
    assert tree.python_files() == []
    assert len(tree.digest) == 64


def test_nothing_of_git_runs_for_a_folder_that_is_a_repository(tmp_path: Path) -> None:
    git("init", "-q", str(tmp_path))
    (tmp_path / "a.py").write_text("x")
    git("config", "core.fsmonitor", f"touch {tmp_path}/ran", cwd=tmp_path)
    assert list(read_folder(tmp_path).files) == ["a.py"]
    assert not (tmp_path / "ran").exists()


def _meanwhile(act: Callable[[], None], done: threading.Event) -> threading.Thread:
    def run() -> None:
        while not done.is_set():
            act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_file_that_grows_meanwhile_ends(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_bytes(b"x")
    done = threading.Event()
    with (tmp_path / "log.txt").open("ab") as handle:
        thread = _meanwhile(lambda: (handle.write(b"x" * 1000), handle.flush(), None)[-1], done)
        sizes = [len(read_folder(tmp_path).files["log.txt"]) for _ in range(20)]
        done.set()
        thread.join()
    assert sizes == sorted(sizes)


def test_a_file_that_is_swapped_for_a_link_never_gives_the_links_target(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    project = tmp_path / "project"
    project.mkdir()

    def swap() -> None:
        (tmp_path / "next").symlink_to(tmp_path / "secret")
        (tmp_path / "next").rename(project / "a.py")
        (tmp_path / "next").write_text("honest")
        (tmp_path / "next").rename(project / "a.py")

    swap()
    done, found = threading.Event(), set()
    thread = _meanwhile(swap, done)
    for _ in range(500):
        with suppress(BadSource):
            found.add(read_folder(project).files.get("a.py", b""))
    done.set()
    thread.join()
    assert found <= {b"", b"honest"}
    assert b"honest" in found
