"""The protocol `Container`, the same for the folder and for the engine's container."""

import time

import pytest

from images.container import OUTPUT_LIMIT, Container
from images.docker_container import DockerContainer
from images.engine import Engine
from images.health import TestSelection, run_tests


def test_commands_run_in_the_repository(container: Container) -> None:
    done = container.run(["sh", "-c", "ls; echo oops >&2; exit 3"])
    assert done.exit_code == 3
    assert {"ledger.py", "oops"} <= set(done.text.split())


def test_files_go_in_and_out(container: Container) -> None:
    container.put({"new/a.bin": bytes(range(256))})
    assert container.get(["new/a.bin", "missing", "new"]) == {"new/a.bin": bytes(range(256))}


def test_links_are_not_followed_out(container: Container) -> None:
    container.run(["ln", "-s", "/etc/passwd", "link"])
    assert container.get(["link"]) == {}


def test_a_command_that_hangs_ends_with_its_children(container: Container) -> None:
    started = time.monotonic()
    done = container.run(["sh", "-c", "sleep 100 & sleep 100"], timeout_s=1)
    assert (done.exit_code, done.timed_out) == (124, True)
    assert time.monotonic() - started < 20
    assert container.run(["echo", "alive"]).text == "alive\n"


def test_endless_output_is_bounded(container: Container) -> None:
    done = container.run(["sh", "-c", "yes | head -c 5000000; echo end"])
    assert done.truncated
    assert len(done.output) < 1.2 * OUTPUT_LIMIT
    assert done.text.endswith("end\n")


def test_outcomes_come_by_test_id(container: Container) -> None:
    ids = {"test_odd.py::test_odd[a b/\u00e9]": "skipped", "test_odd.py::test_bad": "failed"}
    container.put(
        {
            "test_odd.py": "import pytest\n@pytest.mark.parametrize('x', ['v'], ids=['a b/é'])\n"
            "def test_odd(x):\n    pytest.skip()\ndef test_bad():\n    assert 1 == 2\ndef test_more(): pass\n".encode()
        }
    )
    run = run_tests(container, TestSelection(paths=["test_odd.py"]))
    assert run.complete
    assert len(run.outcomes) == 3
    chosen = run_tests(container, TestSelection(ids=run.collected[:2]))
    assert sorted(test.outcome for test in chosen.outcomes.values()) == sorted(ids.values())
    assert "assert 1 == 2" in chosen.outcomes["test_odd.py::test_bad"].message


def test_a_run_that_dies_is_not_complete(container: Container) -> None:
    container.put({"test_dies.py": b"import os\ndef test_a(): pass\ndef test_b(): os._exit(0)\n"})
    run = run_tests(container, TestSelection(paths=["test_dies.py"]))
    assert (run.complete, list(run.outcomes)) == (False, ["test_dies.py::test_a"])


@pytest.mark.docker
def test_the_engines_container_is_closed_to_the_outside(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base) as container:
        probe = "import socket; socket.create_connection(('169.254.169.254', 80), 2)"
        assert container.run([container.python, "-c", probe]).exit_code == 1
        status = container.run(["cat", "/proc/self/status"]).text
        assert "CapEff:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
        assert container.run(["id", "-u"]).text == "10001\n"
