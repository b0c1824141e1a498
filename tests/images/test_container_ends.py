"""Who ends a container: its client's death or silence, its lifetime, the reaper; and an engine that fails is asked again."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from images.container_limits import ContainerLimits
from images.container_owner import OWNER_LABEL, Purpose, labels_of, owner_mark, reason_to_remove
from images.docker_container import DockerContainer
from images.engine import Engine
from images.engine_containers import Opening, new_name
from images.errors import ContainerLost, EngineBusy
from images.free_space import FreeSpace
from images.supervisor_binary import ensure_supervisor
from images.workspace_disk import WorkspaceDisk, can_make_disks, remove_stale_disks
from tests.images.conftest import SMALL
from tests.images.flaky_engine import Fault, FlakyEngine

pytestmark = pytest.mark.docker
_HOLDER = """
import sys
from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine
c = DockerContainer(Engine(), sys.argv[1], limits=ContainerLimits(silence_s=6))
print(c.id, flush=True)
c.run(['sleep', '100'], timeout_s=200)
"""


@contextmanager
def _holder(base: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Give a process that runs a long command in a container, and the container's id."""
    process = subprocess.Popen([sys.executable, "-c", _HOLDER, base], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def _ends(engine: Engine, container: str, *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while engine.is_running(container) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not engine.is_running(container)


def test_a_container_ends_with_the_process_that_holds_it(engine: Engine, base: str) -> None:
    with _holder(base) as (process, container):
        assert engine.is_running(container)
        process.kill()
        assert _ends(engine, container, within_s=20)


def test_a_container_ends_when_the_process_that_holds_it_is_frozen(engine: Engine, base: str) -> None:
    with _holder(base) as (process, container):
        assert not _ends(engine, container, within_s=8)
        os.kill(process.pid, signal.SIGSTOP)
        assert _ends(engine, container, within_s=30)


def test_a_container_that_was_frozen_hears_what_came_meanwhile(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base, limits=ContainerLimits(silence_s=6)) as container:
        engine._client.api.pause(container.id)
        time.sleep(8)
        engine._client.api.unpause(container.id)
        assert container.run(["echo", "alive"]).text == "alive\n"


def test_a_lifetime_ends(engine: Engine, base: str) -> None:
    with (
        DockerContainer(engine, base, limits=ContainerLimits(lifetime_s=2)) as container,
        pytest.raises(ContainerLost, match="ended") as caught,
    ):
        container.run(["sleep", "60"])
    assert caught.value.reason == "ended"


def test_opening_and_closing_leaves_nothing(engine: Engine, base: str) -> None:
    names = []
    for _ in range(5):
        with DockerContainer(engine, base, limits=SMALL) as container:
            names.append(container.id)
            container.run(["sh", "-c", "head -c 1000000 /dev/zero > big; setsid sleep 100 &"])
    assert _ends(engine, names[-1], within_s=20)
    deadline = time.monotonic() + 20
    mine = f"worldline-disks/{os.getpid()}+"
    while mine in _loops() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert mine not in _loops() + Path("/proc/self/mounts").read_text()
    assert not list(Path("/var/tmp/worldline-disks").glob(f"{os.getpid()}+*"))
    left = engine._client.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner_mark()}"})
    assert {one["Id"] for one in left} & set(names) == set()


def test_many_engines_beat_from_one_thread(base: str) -> None:
    for _ in range(3):
        engine = Engine()
        with DockerContainer(engine, base, limits=SMALL) as container:
            assert container.run(["true"]).exit_code == 0
        engine.close()
    assert sum(thread.name == "worldline-heartbeat" for thread in threading.enumerate()) == 1


def _loops() -> str:
    return subprocess.run(["losetup", "-l", "-n", "-O", "BACK-FILE"], capture_output=True, text=True).stdout


def test_a_disk_of_a_process_that_is_gone_is_taken_off(engine: Engine, base: str) -> None:
    layers = engine.image_layers(base)
    if not can_make_disks(layers):
        pytest.skip("disks of containers need root and the engine's overlay2")
    child = os.fork()
    if not child:
        WorkspaceDisk(layers, SMALL, folders=["/testbed"], uid=10001, free_space=FreeSpace())
        os._exit(0)
    os.waitpid(child, 0)
    place = f"worldline-disks/{child}+"
    assert place in Path("/proc/self/mounts").read_text()
    remove_stale_disks()
    assert place not in Path("/proc/self/mounts").read_text()
    assert not list(Path("/var/tmp/worldline-disks").glob(f"{child}+*"))


def test_orphans_go_and_others_stay(engine: Engine, base: str) -> None:
    api = engine._client.api
    host, _, _ = owner_mark().split(":")
    labels = {
        "orphan": {OWNER_LABEL: f"{host}:1:1"},
        "late": labels_of(Purpose(), lifetime_s=-1000),
        "another's": {OWNER_LABEL: "elsewhere:1:1"},
        "new": labels_of(Purpose(), lifetime_s=1000),
        "a user's": {OWNER_LABEL: f"{host}:1:1"},
    }
    names = {kind: f"their-{new_name()}" if kind == "a user's" else new_name() for kind in labels}
    made = {k: api.create_container(base, ["true"], name=names[k], labels=v)["Id"] for k, v in labels.items()}
    try:
        engine.remove_orphans()
        there = {one["Id"] for one in api.containers(all=True)}
        assert {name for name, found in made.items() if found in there} == {"another's", "new", "a user's"}
    finally:
        for container in made.values():
            engine.remove(container)


def test_what_never_ran_is_removed_after_a_minute() -> None:
    mine = labels_of(Purpose(run="r", unit="u", attempt="1"), lifetime_s=100)
    assert (mine["worldline.run"], mine["worldline.unit"], mine["worldline.attempt"]) == ("r", "u", "1")
    assert reason_to_remove(mine, idle_s=0) is None
    assert reason_to_remove(mine, idle_s=61) == "idle"
    assert reason_to_remove({}, idle_s=1e9) is None


def _once(part: str, fault: str) -> Fault:
    """Return a fault of the first request whose line holds the part."""
    seen = threading.Event()

    def decide(line: str) -> str:
        if part in line and not seen.is_set():
            seen.set()
            return fault
        return ""

    return decide


@pytest.mark.parametrize(
    ("part", "fault"),
    [("containers/create", "fail"), ("containers/create", "lose"), ("/attach", "fail"), ("/start", "lose")],
)
def test_an_engine_that_fails_once_is_asked_again(
    engine: Engine, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, fault: str
) -> None:
    with FlakyEngine(tmp_path, _once(part, fault)) as flaky:
        monkeypatch.setenv("DOCKER_HOST", flaky.address)
        asking = Engine()
        with DockerContainer(asking, base, limits=SMALL) as container:
            assert container.run(["echo", "alive"]).text == "alive\n"
            mine = engine._client.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner_mark()}"})
            assert [one["Id"] for one in mine] == [container.id]
        assert sum("containers/create" in line for line in flaky.asked) == 2
        asking.close()


def test_an_engine_that_hangs_is_given_up_after_three_tries(
    engine: Engine, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FlakyEngine(tmp_path, lambda line: "hang" if "containers/create" in line else "") as flaky:
        monkeypatch.setenv("DOCKER_HOST", flaky.address)
        asking = Engine(prompt_s=2)
        began = time.monotonic()
        with pytest.raises(EngineBusy, match="start a container of"):
            asking.open(Opening(image=base, supervisor=ensure_supervisor(engine)))
        assert time.monotonic() - began < 30
        assert sum("containers/create" in line for line in flaky.asked) == 3
        with suppress(Exception):
            asking.close()


@pytest.mark.slow
def test_of_an_engine_that_fails_often_each_container_is_had_once(
    engine: Engine, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, faults = random.Random(28), ["connecting"]

    def decide(line: str) -> str:
        fault = draw.choice(("hang", "fail", "lose")) if not faults[0] and draw.random() < 0.08 else ""
        faults.append(fault)
        return fault

    with FlakyEngine(tmp_path, decide) as flaky:
        monkeypatch.setenv("DOCKER_HOST", flaky.address)
        asking = Engine(prompt_s=3)
        faults[0] = ""
        for _ in range(8):
            with DockerContainer(asking, base, limits=SMALL) as container:
                assert container.run(["echo", "alive"]).text == "alive\n"
                assert container.id in _mine(engine)
            assert _none_left(engine)
        faults[0] = "closing"
        asking.close()
    assert sum(map(bool, faults)) >= 4


def _mine(engine: Engine) -> list[str]:
    found = engine._client.api.containers(all=True, filters={"label": f"{OWNER_LABEL}={owner_mark()}"})
    return [one["Id"] for one in found]


def _none_left(engine: Engine) -> bool:
    """Say whether all containers of this process are gone soon; one whose removal was lost ends with its client."""
    deadline = time.monotonic() + 20
    while _mine(engine) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not _mine(engine)


def test_root_that_may_not_mount_makes_no_disks(tmp_path: Path) -> None:
    script = f"from pathlib import Path; from images.workspace_disk import *; print(can_make_disks([Path({str(tmp_path)!r})]))"
    said = {
        capabilities: subprocess.run(
            ["setpriv", f"--bounding-set={capabilities}", sys.executable, "-c", script], capture_output=True, text=True
        ).stdout
        for capabilities in ("-sys_admin", "+all")
    }
    assert said == {"-sys_admin": "False\n", "+all": f"{can_make_disks([tmp_path])}\n"}
