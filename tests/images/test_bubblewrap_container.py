"""Containers without an engine: what they are bounded by, what is said where something is missing, and no root at all."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from images.bubblewrap_container import BubblewrapContainer
from images.container_limits import ContainerLimits
from images.engine import Engine
from images.errors import EngineError
from images.exported_root import export_root, find_root, main
from images.own_cgroup import OwnCgroup
from images.supervisor_binary import ensure_supervisor
from tests.images.conftest import SMALL

pytestmark = pytest.mark.docker
_FORBIDDEN = Path(__file__).parent / "forbidden_calls.py"


def test_calls_are_refused_as_in_the_engine(roots: Path, base: str) -> None:
    with BubblewrapContainer(roots, base) as container:
        container.put({"forbidden_calls.py": _FORBIDDEN.read_bytes()})
        said = container.run([container.python, "forbidden_calls.py"]).text.splitlines()
        assert container.run(["touch", "/opt/venv/new"]).exit_code == 1
        assert container.run(["sh", "-c", "echo x >> /etc/passwd"]).exit_code == 2
    assert len(said) == 42
    assert [line for line in said if line.split(": ")[1] not in ("EPERM", "EACCES")] == []


def test_nothing_of_this_machine_is_seen(roots: Path, base: str) -> None:
    with BubblewrapContainer(roots, base) as container:
        names = container.run(["sh", "-c", "hostname; env; ls /dev /home; ls /proc | grep -c '^[0-9]'"]).text
        interfaces = container.run(["cat", "/proc/net/dev"]).text
    assert names.startswith("sandbox\n") and names.endswith("worldline\n4\n")
    assert os.environ["PATH"] not in names
    assert interfaces.count(":") == 1 and "lo:" in interfaces


def test_what_one_container_writes_no_other_finds(roots: Path, base: str) -> None:
    for _ in range(2):
        with BubblewrapContainer(roots, base) as container:
            assert container.run(["ls", "/testbed"]).text == ""
            container.put({"a": b"1", "/home/worldline/b": b"2", "/opt/worldline/c": b"3", "/tmp/d": b"4"})
    assert not list((find_root(base, roots) / "testbed").iterdir())


def test_closing_leaves_nothing(roots: Path, base: str) -> None:
    for _ in range(3):
        with BubblewrapContainer(roots, base, limits=SMALL) as container:
            container.run(["sh", "-c", "setsid sleep 1000 & echo x > x"])
    mine = f"+{os.getpid()}+"
    assert [path for path in Path("/sys/fs/cgroup").glob("**/worldline+*") if mine in path.name] == []
    assert f"worldline-disks/{os.getpid()}+" not in Path("/proc/self/mounts").read_text()


def test_a_mount_is_seen_and_not_written(roots: Path, base: str, tmp_path: Path) -> None:
    (tmp_path / "given").write_text("x\n")
    tmp_path.chmod(0o755)
    with BubblewrapContainer(roots, base, mounts={str(tmp_path): "/opt/given"}) as container:
        assert container.run(["cat", "/opt/given/given"]).text == "x\n"
        assert container.run(["touch", "/opt/given/new"]).exit_code == 1


def test_an_image_that_was_not_exported_is_named_with_what_to_do(roots: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"was not exported .* images\.exported_root"):
        BubblewrapContainer(roots, "worldline/nonesuch:1")
    with pytest.raises(EngineError, match="build it first"):
        export_root(Engine(), "worldline/nonesuch:1", tmp_path)


def test_exporting_says_what_is_wrong_in_one_sentence(
    roots: Path, base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(roots), base]) == 0
    assert capsys.readouterr().out == f"{find_root(base, roots)}\n"
    assert main([str(tmp_path), "worldline/nonesuch:1"]) == 2
    assert capsys.readouterr().err == "there is no image 'worldline/nonesuch:1' to export: build it first\n"
    assert main([]) == 2


def test_a_changed_image_is_exported_again(engine: Engine, base: str, roots: Path, tmp_path: Path) -> None:
    folder = tmp_path / find_root(base, roots).name
    (folder / ".worldline").mkdir(parents=True)
    (folder / ".worldline/root.json").write_text(json.dumps({"id": "an older one"}))
    assert export_root(engine, base, tmp_path) == folder
    assert (folder / "opt/venv/bin/python").is_symlink()
    made = (folder / ".worldline/root.json").stat().st_mtime_ns
    export_root(engine, base, tmp_path)
    assert (folder / ".worldline/root.json").stat().st_mtime_ns == made
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_bounds_that_the_kernel_refuses_are_an_error() -> None:
    with pytest.raises(EngineError, match="cannot be bounded here"):
        OwnCgroup(replace(ContainerLimits(), cpus=1e-9))


@pytest.fixture
def readable(roots: Path, base: str) -> Iterator[Path]:
    """Give a folder that another user can read, with roots and the supervisor."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    binary = ensure_supervisor(None)
    (folder / "cache/worldline").mkdir(parents=True)
    shutil.copy(binary, folder / "cache/worldline" / binary.name)
    yield folder
    shutil.rmtree(folder)


def test_without_root_one_user_is_all_there_is(readable: Path, roots: Path, base: str) -> None:
    """As a user without rights: what is copied is the user's own, and the supervisor stands."""
    said, write = os.pipe()
    child = os.fork()
    if not child:
        with suppress(BaseException):
            os.environ["XDG_CACHE_HOME"] = str(readable / "cache")
            os.setgroups([])
            os.setresgid(54321, 54321, 54321)
            os.setresuid(54321, 54321, 54321)
            tempfile.tempdir = "/var/tmp"
            os.write(write, _as_another_user(roots, base).encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(said) as stream:
        assert stream.read() == "refused: no groups; 10001; survived; written; read-only; alive"


def _as_another_user(roots: Path, base: str) -> str:
    words = []
    try:
        BubblewrapContainer(roots, base)
    except EngineError as error:
        words.append("refused: no groups" if "no groups of the kernel" in str(error) else str(error))
    try:
        with BubblewrapContainer(roots, base, bounded=False) as container:
            words.append(container.run(["id", "-u"]).text.strip())
            killed = container.run(["sh", "-c", "kill -9 1; kill -9 -1; cat /proc/1/environ; ls /proc/1/fd"])
            words.append("survived" if b"\0" not in killed.output else "read the supervisor")
            container.put({"new": b"written"})
            words.append(container.run(["cat", "new"]).text)
            words.append("read-only" if container.run(["touch", "/etc/new"]).exit_code else "root is writable")
            words.append(container.run(["echo", "alive"]).text.strip())
    except EngineError as error:
        words.append(str(error))
    return "; ".join(words)
