"""Several traces of one process: what an engine keeps from one to the next is never taken for what lies there later."""

import subprocess
from pathlib import Path

import pytest

from tests.interpreters import interpreters
from tests.played import GUEST, VERSIONS, engines, extension

DRIVER = Path(__file__).parents[1] / "several_traces.py"


def _told(version, engine):
    command = [interpreters()[version], str(DRIVER), GUEST, extension(version), engine]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    count, digest = done.stdout.split()
    assert int(count) > 100
    return digest


@pytest.mark.parametrize("version", VERSIONS)
def test_all_engines_write_the_same_when_types_and_instances_come_and_go_between_traces(version):
    assert len({_told(version, engine) for engine in engines(version)}) == 1
