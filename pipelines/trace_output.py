"""Trace output: the traces of a program as text, as CWM's format, as JSON or as Parquet."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from collectors.own_program import Recording
from collectors.trace_view import print_trace
from model.render import render, to_text
from pipelines.trace_arguments import TraceRequest
from trajectories.frame import Frame, FrameKind
from trajectories.origin import Origin
from trajectories.schema import TRAJECTORIES
from trajectories.shard import write_shard
from trajectories.trace_record import Trace
from trajectories.trace_table import trace_table
from trajectories.trace_tree import OUR_MAIN
from trajectories.trajectory import content_id

COLLECTOR = "trace-command-1"
_CUTS = {
    "events": "the trace was cut after {events:,} steps: --events N records more",
    "killed": "the trace was cut where the program died",
}


def write_traces(recording: Recording, request: TraceRequest) -> None:
    """Write the traces to the requested file, whole or not at all, or to standard output."""
    if request.form == "parquet":
        _write_parquet(recording, request)
    elif request.output is None:
        _write_text(recording, request, sys.stdout)
    else:
        with _aside(request.output) as staged, staged.open("w", encoding="utf-8") as handle:
            _write_text(recording, request, handle)


def notes(recording: Recording, request: TraceRequest) -> list[str]:
    """Return what a reader must know of traces that do not show all; nothing for whole ones."""
    traces = recording.traces
    found = [note for trace in traces for note in _cut_notes(trace, request)]
    shortened = sum(trace.values_cut for trace in traces)
    if recording.ended.how == "stopped":
        found.append(f"the program was stopped after {request.bounds.seconds:g} s of CPU time: --seconds S allows more")
    if recording.ended.how == "interrupted":
        found.append("the program was interrupted")
    if recording.ended.how == "exited" and not all(trace.result for trace in traces):
        found.append(f"the program left by os._exit({recording.ended.detail})")
    if recording.ended.how == "raised" and _end_of(traces) != recording.ended.detail:
        # The tracer calls no `__str__` of a program's, nor most of the interpreter's own.
        found.append(f"the program raised {recording.ended.detail}")
    if shortened:
        found.append(f"{shortened} {'value was' if shortened == 1 else 'values were'} shortened")
    return list(dict.fromkeys(found))


def _end_of(traces: Sequence[Trace]) -> str | None:
    end = traces[-1].result
    return end.value if end else None


def _cut_notes(trace: Trace, request: TraceRequest) -> Iterator[str]:
    # A trace that is open when the program is ended: how it was is told of the program.
    if trace.cut and trace.cut != "interrupted":
        text = _CUTS.get(trace.cut, f"the trace was cut: {trace.cut}")
        yield text.format(events=request.bounds.events)
    if any(frame.depth >= request.bounds.depth for frame in trace.frames):
        yield f"calls deeper than {request.bounds.depth} are not shown: --depth N shows more"


def _write_text(recording: Recording, request: TraceRequest, handle: TextIO) -> None:
    if request.form == "cwm":
        handle.write("\n".join(to_text(render(trace)) for trace in recording.traces))
    elif request.form == "json":
        json.dump(_document(recording, request), handle, ensure_ascii=False, indent=1)
        handle.write("\n")
    else:
        _print_all(recording, request, Console(file=handle, highlight=False))


def _print_all(recording: Recording, request: TraceRequest, console: Console) -> None:
    tests = recording.ended.tests
    for trace in recording.traces:
        if tests or console.is_terminal:
            title = (
                f"{trace.entry}  {tests[trace.entry]}"
                if trace.entry in tests
                else trace.entry.removesuffix(":<module>")
            )
            width = console.width if console.is_terminal else 0
            rule = (
                Text("── ", "dim").append(title, "bold").append(" ").append("─" * max(2, width - len(title) - 4), "dim")
            )
            console.print(Text("\n") + rule if console.is_terminal else rule, soft_wrap=True)
        print_trace(trace, console)
        console.print(Text(f"── {_measure(trace)}", "dim"), soft_wrap=True)
    for note in notes(recording, request):
        console.print(Text(f"── {note}", "bold yellow"), soft_wrap=True)


def _measure(trace: Trace) -> str:
    own = [frame for frame in trace.frames if frame.file != OUR_MAIN] or trace.frames
    lines, calls = (sum(frame.kind is kind for frame in own) for kind in (FrameKind.LINE, FrameKind.CALL))
    plural = [f"{number:,} {word}{'s' * (number != 1)}" for number, word in ((lines, "line"), (calls, "call"))]
    return f"{' in '.join(plural)}, Python {trace.python}, {trace.engine} engine"


def _document(recording: Recording, request: TraceRequest) -> dict[str, object]:
    """Return the JSON document (docs/trace-command.md)."""
    program, ended = asdict(request.program), asdict(recording.ended)
    traces = [
        {
            **{name: getattr(trace, name) for name in ("entry", "cut", "values_cut", "engine", "python", "source")},
            "outcome": str(head.outcome),
            "frames": [_frame(frame) for frame in trace.frames],
        }
        for trace, head in zip(recording.traces, recording.columns.heads, strict=True)
    ]
    return {
        "program": program,
        "ended": {name: ended[name] for name in ("how", "detail", "tests")},
        "notes": notes(recording, request),
        "traces": traces,
    }


def _frame(frame: Frame) -> dict[str, object]:
    leaves = frame.value is not None
    left_out = "locals" if leaves else "value"
    return {**{name: value for name, value in asdict(frame).items() if name != left_out}, "kind": str(frame.kind)}


def _write_parquet(recording: Recording, request: TraceRequest) -> None:
    assert request.output is not None
    traces = recording.columns
    sources = "\0".join(head.source for head in traces.heads)
    heads = [replace(head, id=content_id(head.entry, head.source, head.python, COLLECTOR)) for head in traces.heads]
    origin = Origin(
        repository=Path.cwd().name,
        source_digest=hashlib.sha256(sources.encode("utf-8", "surrogatepass")).hexdigest(),
        licence="",
        image="",
        python_version=traces.heads[0].python,
        collector=COLLECTOR,
        seed=0,
        split="",
    )
    with _aside(request.output) as staged:
        write_shard(staged, trace_table(replace(traces, heads=heads), origin), TRAJECTORIES)


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Give a path beside the file, which takes its place at the end of the block."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield staged
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
