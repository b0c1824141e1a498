"""The tracer's engines: the same stream from each, on every interpreter of this machine, and no trace in the program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.native_engine import native_for_interpreter
from tests.interpreters import interpreters
from tests.played import DRIVER, GUEST, VERSIONS, check_harmless, engines, extension, play
from tests.random_programs import random_program


def _random(seeds: range) -> dict[str, str]:
    return {f"program_{seed}": random_program(seed) for seed in seeds}


@pytest.mark.parametrize("version", VERSIONS)
def test_engines_write_the_same_and_change_nothing(version: str, tmp_path: Path) -> None:
    played = play(version, tmp_path, _random(range(30)))
    check_harmless(played)
    for name, results in played.items():
        digests = {engine: found.digest for engine, found in results.items() if engine != "none"}
        # Near the recursion limit a pure engine ends its trace, in one thread or in all, and the compiled one goes on.
        if "= reach(" in (tmp_path / f"{name}.py").read_text():
            continue
        assert len(set(digests.values())) == 1, f"{name}: {digests}"


def test_the_compiled_engine_is_there_where_a_compiler_is(tmp_path: Path) -> None:
    made = native_for_interpreter(sys.executable)
    if made is None:
        pytest.skip("no C compiler, or no headers of this interpreter")
    assert native_for_interpreter(sys.executable) == made
    [results] = play(f"3.{sys.version_info[1]}", tmp_path, _random(range(1))).values()
    assert "native" in results


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
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_left_in_memory(version: str, engine: str, tmp_path: Path) -> None:
    if engine not in engines(version):
        pytest.skip("no C compiler, or no headers of this interpreter")
    programs = [tmp_path / f"program_{seed}.py" for seed in range(6)]
    for seed, path in enumerate(programs):
        path.write_text(random_program(seed))
    words = [GUEST, str(DRIVER.parent), engine, extension(version), *map(str, programs)]
    command = [interpreters()[version], "-c", _LEAK, *words]
    before, after = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert after - before < 1500, "each of the 20 rounds leaves objects behind"
