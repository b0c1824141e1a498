"""Measurement: the best CPU time of each tool on each workload and interpreter, from fresh processes taken in turns."""

import json
import os
import re
import subprocess
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from benchmarks.interpreters import GUEST, Interpreter
from benchmarks.tracer.floor import compile_floor
from collectors.native_engine import FILE, native_for_interpreter

HERE = Path(__file__).parent
UNTRACED = "untraced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is run: a program of ours, or a project's tests; `full` and `short` are settings of the two sizes."""

    name: str
    files: tuple[str, ...]
    full: dict
    short: dict
    cwd: str = "."
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One measurement: a tool on a workload, compared with a bare run of the same size; a slow one is made less often."""

    workload: str
    tool: str
    short: bool
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The best CPU seconds of a cell, in all and inside the tests' calls; `reason` says why there are none.

    `events` are those of a pass, where the tool counts them. `failed` names the tests that a peer makes fail: its time is kept.
    """

    seconds: float = 0.0
    inside: float = 0.0
    reason: str = ""
    failed: tuple[str, ...] = ()
    events: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured: processes of a fast and of a slow tool, and CPU seconds of passes inside one process."""

    processes: int = 5
    slow_processes: int = 1
    seconds: float = 0.5
    timeout_s: float = 300


def measure(
    interpreter: Interpreter, workloads: list[Workload], cells: list[Cell], effort: Effort
) -> dict[Cell, Times]:
    """Return the best times of all cells; each round takes every cell once, so that a slow minute hits all alike."""
    named = {workload.name: workload for workload in workloads}
    found: dict[Cell, Times] = {}
    for number in range(effort.processes):
        for cell in cells:
            known = found.get(cell)
            if (cell.slow and number >= effort.slow_processes) or (known is not None and known.reason):
                continue
            found[cell] = _best(known, run_once(interpreter, named[cell.workload], cell, effort))
    return found


def _best(known: Times | None, new: Times) -> Times:
    if known is None or new.reason:
        return new
    return replace(new, seconds=min(known.seconds, new.seconds), inside=min(known.inside, new.inside))


def run_once(interpreter: Interpreter, workload: Workload, cell: Cell, effort: Effort, *, stream: str = "") -> Times:
    """Measure a cell in one fresh process, in as many passes as fit; the best pass counts."""
    absent = _absent(cell.tool, interpreter)
    if absent:
        return Times(reason=absent)
    settings = {"tool": cell.tool, "files": workload.files, "seconds": effort.seconds, "passes": 100}
    settings |= workload.short if cell.short else workload.full
    if stream:
        settings["passes"] = 1
    command = [interpreter.python, str(HERE / "guest" / "bench_run.py"), json.dumps(settings)]
    environment = _environment(interpreter, workload) | ({"BENCH_STREAM": stream} if stream else {})
    try:
        run = subprocess.run(
            command, cwd=workload.cwd, env=environment, capture_output=True, text=True, timeout=effort.timeout_s
        )
    except subprocess.TimeoutExpired:
        return Times(reason=f"took more than {effort.timeout_s:.0f} s")
    if run.returncode != 0:
        return Times(reason=_last_error(run.stderr) or f"exit {run.returncode}")
    told = json.loads(run.stdout.splitlines()[-1])
    if told["failed"] and (cell.tool == UNTRACED or cell.tool.startswith("ours")):
        return Times(reason=f"tests failed: {', '.join(told['failed'])}"[:300])
    seconds, inside = (min(column) for column in zip(*told["runs"], strict=True))
    return Times(seconds=seconds, inside=inside, failed=tuple(told["failed"]), events=told["events"])


def _last_error(text: str) -> str:
    """Return the last line of a traceback that names an exception."""
    lines = [line for line in text.splitlines() if re.match(r"[A-Za-z_.]+(Error|Exit|Exception)\b", line)]
    return lines[-1][:300] if lines else text.strip()[-300:]


def _absent(tool: str, interpreter: Interpreter) -> str:
    """Say why a tool cannot run on an interpreter, or return nothing."""
    if "monitoring" in tool and interpreter.minor < (3, 12):
        return "sys.monitoring came with Python 3.12"
    package = {"coverage.py": "coverage", "PySnooper": "pysnooper"}.get(tool.split(",")[0], tool.split(",")[0])
    return interpreter.absent.get(package, "")


@lru_cache
def _compiled(python: str) -> tuple[str, str]:
    """Return the path of the C engine, empty when it does not compile, and the folder of the floors."""
    engine = native_for_interpreter(python)
    return str(engine / FILE) if engine else "", str(compile_floor(HERE / "floor.c", python))


def _environment(interpreter: Interpreter, workload: Workload) -> dict[str, str]:
    native, floor = _compiled(interpreter.python)
    path = ":".join(filter(None, [workload.path, str(GUEST), str(HERE / "guest"), floor]))
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": path, "PYTHONHASHSEED": "0", "BENCH_NATIVE": native}
