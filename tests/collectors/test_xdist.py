"""Traces from tests that pytest-xdist runs in several processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.events import read_stream
from collectors.stream_blocks import joined
from tests.played import GUEST, engines, extension

_MODULE = "def double(n):\n    twice = n + n\n    return twice\n"
_TESTS = """import pytest, doubles
@pytest.mark.parametrize("n", range(8))
def test_double(n):
    assert doubles.double(n) == 2 * n
"""
_LIMITS = {"events": 99}
_VERSION = f"3.{sys.version_info[1]}"


@pytest.mark.parametrize("engine", engines(_VERSION))
def test_each_worker_writes_a_file_of_its_own(engine: str, tmp_path: Path) -> None:
    xdist = pytest.importorskip("xdist", reason="pytest-xdist is not among the project's dependencies")
    module, output = tmp_path / "doubles.py", tmp_path / "output"
    module.write_text(_MODULE)
    (tmp_path / "test_doubles.py").write_text(_TESTS)
    settings: dict[str, object] = {"output": str(output), "shown": [str(module)], "limits": _LIMITS, "engine": engine}
    settings["native"] = extension(_VERSION)
    (tmp_path / "settings").write_text(json.dumps({**settings, "traces": 9}))
    beside = str(Path(xdist.__file__).parents[1])
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "worldline_trace_all_plugin", "test_doubles.py"]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((GUEST, beside)),
        "WORLDLINE_TRACE_ALL": str(tmp_path / "settings"),
    }
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    stream = read_stream(joined([path.read_bytes() for path in sorted(tmp_path.glob("output*"))]))
    assert len(list(tmp_path.glob("output.gw*"))) == 2
    assert {trace.attributes["test"] for trace in stream.traces} == {
        f"test_doubles.py::test_double[{n}]" for n in range(8)
    }
    assert {trace.cut for trace in stream.traces} == {None}
