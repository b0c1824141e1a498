"""Tracing: plans which functions are traced in which tests, runs them, and makes traces with their source context."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.entry_points import Function
from collectors.events import TraceSeen, read_stream
from collectors.line_coverage import Reach
from collectors.ship import run_with_guest
from collectors.source_context import SourceTexts
from collectors.stream_frames import codes_of, frame_columns
from images.container import Container
from images.health import TestSelection
from trajectories.frame import FrameKind
from trajectories.trace_table import TraceColumns, TraceHead, ended_by, seen_in_both
from trajectories.trajectory import Outcome, content_id

COLLECTOR = "tracer-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePlan:
    """One trace to record: the first call of a function in a test."""

    id: str
    test: str
    function: Function


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLimits:
    """Bounds of tracing: steps and bytes of one trace, nesting, traces of one function and of one repository."""

    events: int = 400
    size: int = 200_000
    depth: int = 3
    per_function: int = 2
    per_repository: int = 120

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")


def plan_traces(source_digest: str, reached: Sequence[Reach], limits: TraceLimits) -> list[TracePlan]:
    """Return the traces to record: every function in turn, each in the tests that pass and reach least besides it.

    The plan depends on the coverage map alone, never on time, so that every run plans the same.
    """
    breadth: dict[str, int] = {}
    by_function: dict[Function, list[str]] = {}
    for reach in reached:
        if reach.outcome == "passed":
            breadth[reach.test] = breadth.get(reach.test, 0) + 1
            by_function.setdefault(reach.function, []).append(reach.test)
    ranked = {f: sorted(set(tests), key=lambda t: (breadth[t], t)) for f, tests in by_function.items()}
    order = sorted(ranked, key=lambda f: (f.path, f.first_line))
    plans = []
    for turn in range(limits.per_function):
        for function in order:
            if turn < len(ranked[function]):
                test = ranked[function][turn]
                key = content_id(source_digest, test, function.path, function.name, COLLECTOR)
                plans.append(TracePlan(id=key, test=test, function=function))
    return plans[: limits.per_repository]


def record_traces(
    container: Container,
    plans: Sequence[TracePlan],
    sources: Mapping[str, str],
    limits: TraceLimits,
    *,
    native: str | None = None,
) -> TraceColumns:
    """Run the planned tests twice under the tracer and return the traces that were equal, in the order of the plans.

    `native` is the path of the compiled engine in the container.
    """
    by_test: dict[str, list[list[object]]] = {}
    for plan in plans:
        file = f"{container.root}/{plan.function.path}"
        by_test.setdefault(plan.test, []).append([file, plan.function.first_line, plan.id])
    settings = {
        "shown": [f"{container.root}/{path}" for path in sources],
        "plan": by_test,
        "limits": {"events": limits.events, "size": limits.size, "depth": limits.depth},
        "native": native,
    }
    chosen = TestSelection(ids=list(by_test))
    texts = SourceTexts({f"{container.root}/{path}": text for path, text in sources.items()}, root=container.root)
    entries = {plan.id: f"{plan.function.path}:{plan.function.name}" for plan in plans}
    made = []
    for _ in range(2):
        _, output = run_with_guest(container, "worldline_trace_plugin", settings, chosen=chosen, timeout_s=900)
        made.append(decode(output, entries, texts))
    return seen_in_both(*made)


def decode(data: bytes, entries: Mapping[str, str], texts: SourceTexts) -> TraceColumns:
    """Return the traces of a stream whose ids are keys of `entries`, which maps them to entry functions, in that order.

    A trace without an end (the process died) is kept and says `cut="killed"`; one without a frame is left out; of two with
    one id the later is kept. Raises `GuestStreamError` for what no guest of ours writes.
    """
    stream = read_stream(data)
    texts = texts.with_missing(stream.sources)
    frames = frame_columns(stream, texts.line, texts.shown)
    codes, ends, numbers = codes_of(stream), ended_by(frames), {}
    for number, trace in enumerate(stream.traces):
        trace_id = trace.attributes.get("id")
        if isinstance(trace_id, str) and codes[number]:
            numbers[trace_id] = number
    kept = [(trace_id, numbers[trace_id]) for trace_id in entries if trace_id in numbers]
    heads = [
        TraceHead(
            number=number,
            id=trace_id,
            outcome=_outcome(stream.traces[number], ends[number]),
            entry=entries[trace_id],
            source=texts.context(codes[number]),
            cut=stream.traces[number].cut,
            values_cut=stream.traces[number].values_cut,
            engine=stream.traces[number].engine,
            python=stream.traces[number].python,
        )
        for trace_id, number in kept
    ]
    return TraceColumns(heads=heads, frames=frames)


def _outcome(seen: TraceSeen, end: FrameKind | None) -> Outcome:
    """Return how the run of a trace ended."""
    if end is None or seen.cut:
        return Outcome.CUT
    return Outcome.RETURNED if end is FrameKind.RETURN else Outcome.RAISED
