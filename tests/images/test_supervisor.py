"""The container's main process: bounds and clears what runs, and cannot be talked over or killed from inside."""

import pytest

from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import EngineError
from images.supervisor_binary import ensure_supervisor

pytestmark = pytest.mark.docker


def test_the_agent_cannot_end_or_imitate_the_supervisor(inside: DockerContainer) -> None:
    said = inside.run(["sh", "-c", "kill -9 1; kill -9 -1; echo survived"])
    assert said.exit_code in (0, 137)
    forged = inside.run(["sh", "-c", "echo R0000 > /proc/1/fd/1; echo x > /proc/1/fd/0; cat /proc/1/environ"])
    assert forged.text.count("ermission denied") == 3
    assert inside.run(["echo", "alive"]).text == "alive\n"


def test_a_file_that_the_agent_may_not_write_is_an_error(inside: DockerContainer) -> None:
    with pytest.raises(EngineError, match="/etc/passwd"):
        inside.put({"/etc/passwd": b"root::0:0::/:/bin/sh\n"})
    inside.run(["ln", "-s", "/etc/passwd", "/testbed/link"])
    inside.put({"link": b"own"})
    assert inside.get(["link"]) == {"link": b"own"}


def test_a_machine_without_a_compiler_compiles_in_a_container(
    engine: Engine, base: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("PATH", "/nowhere")
    made = ensure_supervisor(engine, image=base)
    assert made.stat().st_size > 100_000
    assert ensure_supervisor(engine) == made
