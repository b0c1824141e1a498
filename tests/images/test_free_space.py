"""What stays free of the machine's disk: bombs stay inside their bound, and what could go below is warned of or refused."""

import logging
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from images import workspace_disk
from images.container_choice import ContainerSettings
from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import EngineError, NoSpace
from images.free_space import FreeSpace
from images.workspace_disk import can_make_disks
from pipelines.errors import RecipeError
from pipelines.recipe_table import from_table

_MIB = 1 << 20
_LIMITS = ContainerLimits(memory_bytes=256 * _MIB, disk_bytes=64 * _MIB, disk_files=4096)
_BOMB = "cat /dev/zero > big; i=0; while echo > f$i; do i=$((i+1)); done 2>/dev/null; df --output=used,iused /testbed"


@pytest.mark.parametrize(("keep_free", "least_free", "warned"), [(0.0, 0.0, False), (0.999, 0.0, True)])
def test_below_the_share_to_keep_there_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, keep_free: float, least_free: float, warned: bool
) -> None:
    space = FreeSpace(keep_free=keep_free, least_free=least_free)
    with caplog.at_level(logging.WARNING, "worldline"):
        space.check(tmp_path, _MIB)
        space.check(tmp_path, _MIB)
    assert [("less than 100% stays free" in text, "starts still" in text) for text in caplog.messages] == (
        [(True, True)] if warned else []
    )


def test_below_the_least_share_there_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoSpace, match=r"has \d+ MiB free of \d+: .* 99% must stay free; free some") as caught:
        FreeSpace(keep_free=0.99, least_free=0.99).check(tmp_path, _MIB)
    assert "\n" not in str(caught.value)
    with pytest.raises(NoSpace, match="5% must stay free"):
        FreeSpace().check(tmp_path, shutil.disk_usage(tmp_path).free)


@pytest.mark.parametrize(("keep_free", "least_free"), [(1.0, 0.0), (0.1, 0.2), (0.1, -0.1)])
def test_shares_that_cannot_be_are_refused(keep_free: float, least_free: float) -> None:
    with pytest.raises(RecipeError, match="they are shares of the disk"):
        from_table(ContainerSettings, {"keep_free": keep_free, "least_free": least_free}, where="containers.")


@pytest.fixture
def small_disk(engine: Engine, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a disk of 400 MiB on which containers have theirs."""
    if not can_make_disks(engine.image_layers(base)):
        pytest.skip("disks of containers need root and the engine's overlay2")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=700", "tmpfs", str(tmp_path)], check=True)
    monkeypatch.setattr(workspace_disk, "_PLACE", tmp_path / "disks")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def _share(place: Path) -> float:
    space = shutil.disk_usage(place)
    return space.free / space.total


@pytest.mark.docker
def test_bombs_leave_a_fifth_of_the_disk_free_and_go_soon(engine: Engine, base: str, small_disk: Path) -> None:
    (small_disk / "others").write_bytes(bytes(240 * _MIB))
    with DockerContainer(engine, base, limits=_LIMITS) as container:
        kib, files = map(int, container.run(["sh", "-c", _BOMB]).text.split()[-2:])
        assert (kib <= 1.1 * (64 << 10), files <= 1.1 * 4096) == (True, True)
        assert 0.2 <= _share(small_disk) < 0.26
        began = time.monotonic()
    while _share(small_disk) < 0.38 and time.monotonic() - began < 10:
        time.sleep(0.1)
    assert _share(small_disk) >= 0.38


@pytest.mark.docker
def test_a_container_that_could_take_too_much_is_warned_of_and_then_refused(
    base: str, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (small_disk / "others").write_bytes(bytes(280 * _MIB))
    with Engine() as lenient, DockerContainer(lenient, base, limits=_LIMITS) as container:
        assert container.run(["sh", "-c", "df . | tail -1"]).exit_code == 0
    assert "less than 20% stays free" in caplog.text
    with Engine(free_space=FreeSpace(keep_free=0.2, least_free=0.2)) as strict, pytest.raises(NoSpace, match="20%"):
        DockerContainer(strict, base, limits=_LIMITS)
    assert list((small_disk / "disks").iterdir()) == []


@pytest.mark.docker
def test_a_container_that_is_committed_is_held_to_the_engines_disk(base: str) -> None:
    with Engine(free_space=FreeSpace(keep_free=0.99, least_free=0.99)) as strict:
        with pytest.raises(EngineError, match="99% must stay free"):
            DockerContainer(strict, base, writable=True)
        with pytest.raises(NoSpace):
            DockerContainer(strict, base)
