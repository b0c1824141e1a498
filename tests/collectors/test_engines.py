"""The tracer's engines: the same stream from each, on every interpreter of this machine, and no trace in the program."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from collectors.native_engine import FILE, native_for_interpreter
from tests.interpreters import interpreters
from tests.random_programs import random_program

_DRIVER = Path(__file__).parents[1] / "guest_driver.py"
_VERSIONS = sorted(interpreters(), key=lambda version: int(version[2:]))


def _play(version: str, folder: Path, seeds: range) -> list[dict[str, list[str]]]:
    python = interpreters()[version]
    native = native_for_interpreter(python)
    engines = ["none", "settrace"] + (["monitoring"] if int(version[2:]) >= 12 else []) + (["native"] if native else [])
    programs = []
    for seed in seeds:
        programs.append(folder / f"program_{seed}.py")
        programs[-1].write_text(random_program(seed))
    guest = str(files("collectors.guest"))
    command = [
        python,
        str(_DRIVER),
        guest,
        str(native / FILE) if native else "",
        ",".join(engines),
        *map(str, programs),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", _VERSIONS)
def test_engines_write_the_same_and_change_nothing(version: str, tmp_path: Path) -> None:
    for seed, results in enumerate(_play(version, tmp_path, range(30))):
        printed, end, _, _ = results.pop("none")
        reference = results["settrace"][2]
        for engine, (said, ended, stream, broken) in results.items():
            assert (said, ended, broken) == (printed, end, None), f"seed {seed}, {engine}"
            assert stream == reference, f"seed {seed}, {engine}"


def test_the_compiled_engine_is_there_where_a_compiler_is(tmp_path: Path) -> None:
    made = native_for_interpreter(sys.executable)
    if made is None:
        pytest.skip("no C compiler, or no headers of this interpreter")
    assert native_for_interpreter(sys.executable) == made
    assert "native" in _play(f"3.{sys.version_info[1]}", tmp_path, range(1))[0]


_LEAK = """
import gc, json, sys
sys.path[:0] = sys.argv[1:3]
import guest_driver
def once():
    for path in sys.argv[5:]:
        guest_driver.play(open(path, encoding="utf-8").read(), path, sys.argv[3], sys.argv[4])
def size():
    gc.collect()
    return sys.getallocatedblocks()
for _ in range(3): once()
before = size()
for _ in range(20): once()
print(json.dumps([before, size()]))
"""


@pytest.mark.parametrize("engine", ["settrace", "native"])
@pytest.mark.parametrize("version", _VERSIONS)
def test_nothing_is_left_in_memory(version: str, engine: str, tmp_path: Path) -> None:
    python = interpreters()[version]
    native = native_for_interpreter(python)
    if native is None and engine == "native":
        pytest.skip("no C compiler, or no headers of this interpreter")
    programs = [tmp_path / f"program_{seed}.py" for seed in range(6)]
    for seed, path in enumerate(programs):
        path.write_text(random_program(seed))
    guest, compiled = str(files("collectors.guest")), str(native / FILE) if native else ""
    command = [python, "-c", _LEAK, guest, str(_DRIVER.parent), engine, compiled, *map(str, programs)]
    before, after = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert after - before < 1500, "each of the 20 rounds leaves objects behind"
