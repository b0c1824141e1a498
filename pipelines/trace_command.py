"""`worldline trace`: shows the trace of one function as a person reads it, or as the exact text of the format."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from collectors.function_tracing import trace_function
from collectors.native_engine import FILE, native_for_interpreter
from images.local_container import LocalContainer
from model.render import render, to_text
from pipelines.errors import UserError
from trajectories.frame import FrameKind
from trajectories.scope_state import ScopeStates
from trajectories.trace_record import Trace


def trace_command(place: str, arguments: Sequence[str], *, form: str) -> int:
    """Trace FILE.py:FUNCTION on this machine (the user's own code) and print it; return the exit code."""
    file, _, function = place.rpartition(":")
    path = Path(file)
    if not function or not path.is_file():
        raise UserError(f"{place!r} was not found: write FILE.py:FUNCTION with a file that exists")
    for argument in arguments:
        try:
            compile(argument, "<argument>", "eval")
        except SyntaxError as error:
            raise UserError(f"argument {argument!r} is no Python expression") from error
    folder = native_for_interpreter(sys.executable)
    native = str(folder / FILE) if folder else None
    with LocalContainer() as container:
        trace, _ = trace_function(container, path.read_text(), function, list(arguments), native=native)
    if form == "cwm":
        sys.stdout.write(to_text(render(trace)))
    else:
        print_trace(trace, Console())
    return 0


def print_trace(trace: Trace, console: Console) -> None:
    """Print a line per frame: depth by indentation, the source line, and what changed since the scope's last frame."""
    states = ScopeStates()
    for frame in trace.frames:
        known = states.enter(frame)
        line = Text("  " * frame.depth)
        if frame.kind is FrameKind.CALL:
            line.append("→ ", "bold cyan").append(frame.source_line.strip(), "bold")
        elif frame.kind is FrameKind.LINE:
            line.append(f"{frame.line_number:4d} ", "dim").append(frame.source_line.rstrip())
        else:
            style = "bold green" if frame.kind is FrameKind.RETURN else "bold red"
            line.append("← " if frame.kind is FrameKind.RETURN else "✗ ", style).append(frame.value or "", style)
        changed = {n: t for n, t in frame.locals.items() if known.get(n) != t}
        if changed:
            line.append("   " + "  ".join(f"{name} = {text}" for name, text in changed.items()), "yellow")
        console.print(line, soft_wrap=True)
