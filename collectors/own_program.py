"""Own programs: the user's code, run under the tracer in a process of its own on this machine, with the user's terminal."""

import json
import os
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from collectors.events import read_stream
from collectors.native_engine import FILE, native_for_interpreter
from collectors.source_context import SourceTexts
from collectors.trace_bounds import TraceBounds
from collectors.tracing import decode
from trajectories.trace_record import Trace
from trajectories.trace_table import TraceColumns, traces_of
from trajectories.trace_tree import OUR_MAIN

# Characters of values; the bound that people meet is that of events.
_SIZE = 50_000_000
_YEAR = 31_536_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProgram:
    """What is run: a `file` or `module` with arguments, a `call` of a file's function, or `pytest` with arguments."""

    kind: str
    target: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def call(self) -> str:
        """Return the expression of a call; the first argument is the function's name."""
        return f"{self.arguments[0]}({', '.join(self.arguments[1:])})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the program ended.

    `how` is `returned`, `raised`, `exited`, `stopped` (out of time), `interrupted`, `pytest`, `killed` (no word of it), or why
    it did not run: `refused`, `missing`. `detail` is an exception's text or an exit code; `place` is the file and line that
    refused it; `functions` are those that there are; `tests` has outcomes by test.
    """

    how: str
    detail: Any = None
    place: tuple[str, int] | None = None
    functions: tuple[str, ...] = ()
    tests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The traces of one program, in the order of their beginnings, as columns and as objects, and how it ended."""

    columns: TraceColumns
    traces: tuple[Trace, ...]
    ended: Ended


def record_program(program: OwnProgram, bounds: TraceBounds, *, python: str = sys.executable) -> Recording:
    """Run the program in the current folder and return what was recorded, however it ended.

    It reads our standard input; what it prints goes to our standard error, so that a trace on standard output stays whole.
    An interrupt from the terminal is the program's; a second one kills it.
    """
    compiled = native_for_interpreter(python)
    with tempfile.TemporaryDirectory(prefix="worldline-trace-") as name, as_file(files("collectors.guest")) as guest:
        folder = Path(name)
        settings = {
            "kind": program.kind,
            "target": program.target,
            "arguments": list(program.arguments),
            "call": program.call if program.kind == "call" else None,
            "output": str(folder / "output"),
            "ended": str(folder / "ended.json"),
            "roots": _roots(program),
            "limits": {"events": bounds.events, "size": _SIZE, "depth": bounds.depth, "seconds": _YEAR},
            "seconds": bounds.seconds,
            "native": str(compiled / FILE) if compiled else None,
        }
        (folder / "settings.json").write_text(json.dumps(settings))
        command = [python, str(guest / "worldline_trace_command.py"), str(folder / "settings.json")]
        interrupted = _run(command)
        data = (folder / "output").read_bytes() if (folder / "output").exists() else b""
        ended = _ended(folder / "ended.json", interrupted)
    columns = _decoded(data, program)
    return Recording(columns=columns, traces=tuple(trace for trace, _ in traces_of(columns)), ended=ended)


def _roots(program: OwnProgram) -> list[str]:
    beside = [str(Path(program.target).parent)] if program.kind in ("file", "call") else []
    return [str(Path.cwd()), *beside]


def _run(command: Sequence[str]) -> bool:
    """Run the command to its end and say whether it was interrupted."""
    process = subprocess.Popen(command, stdout=sys.stderr.fileno())
    interrupts = 0
    while process.poll() is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            interrupts += 1
            if interrupts > 1:
                process.kill()
    return interrupts > 0


def _ended(path: Path, interrupted: bool) -> Ended:
    found: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text())
    return Ended(
        how="interrupted" if interrupted else found.get("how", "killed"),
        detail=found.get("detail"),
        place=tuple(found["place"]) if found.get("place") else None,
        functions=tuple(found.get("functions", ())),
        tests=found.get("tests", {}),
    )


def _decoded(data: bytes, program: OwnProgram) -> TraceColumns:
    stream = read_stream(data)
    texts = {code.file: _text(Path(code.file)) for code in stream.codes if not code.file.startswith("<")}
    if program.kind == "call":
        texts[OUR_MAIN] = f"def main():\n    return {program.call}\n"
    ids = [str(trace.attributes.get("id")) for trace in stream.traces]
    return decode(
        data, {i: i if i != OUR_MAIN else _entry(program) for i in ids}, SourceTexts(texts, root=str(Path.cwd()))
    )


def _entry(program: OwnProgram) -> str:
    target = os.path.relpath(program.target) if program.kind == "file" else program.target
    return f"{target}:{program.call if program.kind == 'call' else '<module>'}"


def _text(path: Path) -> str:
    with suppress(OSError, SyntaxError, UnicodeDecodeError), tokenize.open(path) as handle:
        return handle.read()
    return ""
