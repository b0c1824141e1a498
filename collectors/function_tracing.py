"""Function tracing: runs one function of a file with given arguments and returns its trace in CWM's form."""

import ast
import inspect
import json
import textwrap
from collections.abc import Sequence
from dataclasses import replace

from collectors.errors import CollectorError
from collectors.ship import guest_files
from collectors.source_context import START, SourceTexts
from collectors.tracing import decode
from images.container import Container
from images.health import GUEST
from trajectories.trace_record import Trace
from trajectories.trace_table import traces_of
from trajectories.trajectory import Outcome


class FunctionNotFound(CollectorError, ValueError):
    """The file has no such function."""


def trace_function(
    container: Container,
    source: str,
    function: str,
    arguments: Sequence[str],
    *,
    native: str | None = None,
    timeout_s: float = 30,
) -> tuple[Trace, Outcome]:
    """Run `function(*arguments)` in the container, each argument a Python expression, and return the trace.

    `native` is the path of the compiled engine as the container sees it.

    The program is the function's own source and a `main` that returns the call, after the file's other top-level code,
    which runs untraced; lines are counted from the
    function's first. Raises `FunctionNotFound` when the file does not define the function at its top level.
    """
    shown = program_of(source, function, arguments)
    program = f"{source.rstrip()}\n{shown}"
    file, output = f"{GUEST}/runs/program.py", f"{GUEST}/runs/output"
    inside = getattr(container, "path_inside", str)
    shift = source.rstrip().count("\n") + 1
    container.put({**guest_files(), file: program.encode(), output: b""})
    settings = {"file": inside(file), "output": inside(output), "first_line": shift + 1}
    settings["native"] = native
    done = container.run(
        [container.python, f"{GUEST}/worldline_run_program.py", json.dumps(settings)],
        env={"PYTHONPATH": GUEST},
        timeout_s=timeout_s,
    )
    stream = container.get([output]).get(output, b"")
    texts = SourceTexts({inside(file): program.replace(START, "")}, root=inside(file).rpartition("/")[0])
    decoded = decode(stream, {"main": function}, texts)
    if not decoded.heads:
        raise CollectorError(f"the program ended before its function ran: {done.text.strip()[-300:]}")
    trace, outcome = traces_of(decoded)[0]
    frames = tuple(replace(frame, line_number=frame.line_number - shift - 1) for frame in trace.frames)
    return replace(trace, source=shown, frames=frames), outcome


def program_of(source: str, function: str, arguments: Sequence[str]) -> str:
    """Return the source context of a function with given arguments: a newline, its source, and `main`."""
    try:
        nodes = ast.parse(source).body
    except SyntaxError as error:
        raise FunctionNotFound(f"the file cannot be parsed: {error.msg} in line {error.lineno}") from error
    found = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == function]
    if not found:
        named = [n.name for n in nodes if isinstance(n, ast.FunctionDef)]
        raise FunctionNotFound(f"the file has no top-level function {function!r}: it has {', '.join(named) or 'none'}")
    lines = source.splitlines(keepends=True)
    first = min([found[-1].lineno, *(d.lineno for d in found[-1].decorator_list)])
    text = textwrap.dedent("".join(inspect.getblock(lines[first - 1 :]))).rstrip("\n")
    return f"\n{text}\n\ndef main():{START}\n    return {function}({', '.join(arguments)})\n"
