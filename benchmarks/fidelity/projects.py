"""Projects: functions of real projects are called with inputs from their tests, and each call's trace is put to the test."""

import ast
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.fidelity.again import make_again
from benchmarks.fidelity.comparison import Tally, compare_value, end_of, same_frames
from benchmarks.releases import Suite
from benchmarks.table import Claim
from collectors.entry_points import functions_of
from collectors.function_calls import CallSettings, CallTrace, CallTracer
from collectors.function_inputs import module_of, record_inputs
from collectors.source_context import START, SourceTexts
from collectors.tracing import TraceLimits, decode
from images.health import TestSelection, run_tests
from images.local_container import LocalContainer
from images.source_tree import SourceTree
from model.errors import FormatError
from model.parse import parse
from model.render import render
from trajectories.trace_record import Trace
from trajectories.trace_table import traces_of

LIMITS = TraceLimits(events=2000, depth=5)
_SETTINGS = CallSettings(recorded=4, variations=1, per_function=3, per_repository=2000)
_PROGRAM = "<worldline program>"
# What a clock that is read in whole seconds shows has changed after this.
_PAUSE_SECONDS = 1.1


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was found out about all calls so far."""

    functions: int = 0
    calls: int = 0
    returned: Tally = field(default_factory=Tally)
    raised: Tally = field(default_factory=Tally)
    parsed: Tally = field(default_factory=Tally)
    programs: Tally = field(default_factory=Tally)

    def claims(self, *, wanted: int) -> list[Claim]:
        """Return the lines of the table."""
        called = f"{self.functions:,} functions, {self.calls:,} calls"
        return [
            Claim(claim="functions called", value=called, bar=f">= {wanted}", holds=self.functions >= wanted),
            self.returned.claim("last value is the repr of what the same call returns untraced"),
            self.raised.claim("last value is a traceback's last line of what the same call raises untraced"),
            self.parsed.claim("rendered text parses back to the same trace"),
            self.programs.claim("source and main, run again, give the same trace"),
        ]


def examine(suite: Suite, files: dict[str, bytes], native: str | None, findings: Findings) -> None:
    """Trace calls of the functions in a release's files and add what is found out about them."""
    tree = SourceTree(files=files)
    sources = {name: tree.text(name) or "" for name in tree.source_files()}
    with LocalContainer(files) as container:
        run = run_tests(container, TestSelection(paths=list(suite.tests), options=suite.options))
        functions = [f for name, text in sources.items() for f in functions_of(name, text)]
        inputs = record_inputs(container, run.ids("passed"), functions, most=_SETTINGS.recorded)
        tracer = CallTracer(container, sources, LIMITS, _SETTINGS, digest=suite.version, native=native)
        found = tracer.explore(inputs)
        findings.functions += len({one.call.function for one in found})
        findings.calls += len(found)
        steady = _compare_ends(container, found, findings)
        _compare_programs(container, sources, steady, native, findings)
    for one in found:
        findings.parsed.take(one.call.text, None, holds=_parses_back(one.trace))


def _compare_ends(container: LocalContainer, found: Sequence[CallTrace], findings: Findings) -> list[CallTrace]:
    """Compare the last values; return the traces of calls that give the same in two untraced processes."""
    calls = [["", one.call.module, "value", one.call.text] for one in found]
    answers = make_again(container, calls)
    time.sleep(_PAUSE_SECONDS)
    again, steady = make_again(container, calls), []
    for number, one in enumerate(found):
        end, answer = end_of(one.trace), answers.get(number)
        tally = findings.raised if end and end[0] == "raised" else findings.returned
        if end is None:
            tally.take(one.call.text, "were cut", holds=False)
        elif answer is None or answer != again.get(number):
            tally.take(one.call.text, "differ between two untraced processes", holds=False)
        else:
            steady.append(one)
            wanted = json.loads(answer)
            reason, same = compare_value(end[1], wanted)
            name = f"{one.call.text}: {end[1]!r}, not {wanted['text']!r}"
            tally.take(name, reason, holds=same and end[0] == wanted["end"])
    return steady


def _compare_programs(
    container: LocalContainer,
    sources: dict[str, str],
    found: Sequence[CallTrace],
    native: str | None,
    findings: Findings,
) -> None:
    """Run the source text of each trace with the names of its modules, and compare what is traced then."""
    shown = {f"{container.root}/{path}": text for path, text in sources.items()}
    whole = [one for one in found if not _reason_apart(one.trace)]
    calls = [[str(n), one.call.module, "program", one.trace.source, _others(one)] for n, one in enumerate(whole)]
    streams = make_again(container, calls, shown=list(shown), limits=LIMITS, native=native)
    texts = SourceTexts(shown, root=container.root)
    for number, one in enumerate(whole):
        own = texts.with_text(_PROGRAM, one.trace.source.replace(START, ""))
        again = decode(streams[number], {str(number): one.call.text}, own) if number in streams else None
        traces = traces_of(again) if again else []
        findings.programs.take(one.call.text, None, holds=bool(traces) and same_frames(one.trace, traces[0][0]))
    for one in found:
        if (reason := _reason_apart(one.trace)) is not None:
            findings.programs.take(one.call.text, reason, holds=False)


def _reason_apart(trace: Trace) -> str | None:
    """Return why the trace's source text is no program of its own."""
    if any("." in frame.function.partition(".<locals>")[0] for frame in trace.frames):
        return "run through methods, which stand without their class"
    try:
        ast.parse(trace.source)
    except SyntaxError:
        return "show a function that stands indented in its file"
    return None


def _others(one: CallTrace) -> list[str]:
    """Return the other modules of the trace's functions."""
    files = {frame.file for frame in one.trace.frames if frame.file.endswith(".py")} - {one.call.function.path}
    return sorted(module_of(file) for file in files)


def _parses_back(trace: Trace) -> bool:
    try:
        source, frames = parse(render(trace))
    except FormatError:
        return False
    shown = [(f.kind, f.source_line, f.locals, f.value) for f in trace.frames]
    return source == trace.source and [(f.kind, f.source_line, f.locals, f.value) for f in frames] == shown
