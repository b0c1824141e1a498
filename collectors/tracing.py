"""Tracing: plans which functions are traced in which tests, runs them, and makes traces with their source context."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.entry_points import Function
from collectors.events import CodeSeen, DecodedTrace, decode
from collectors.line_coverage import Reach
from collectors.ship import run_with_guest
from images.container import Container
from images.health import TestSelection
from trajectories.frame import FrameKind
from trajectories.trace_record import Trace
from trajectories.trajectory import Outcome, content_id

COLLECTOR = "tracer-2"
START = "  # << START_OF_TRACE"


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
    container: Container, plans: Sequence[TracePlan], sources: Mapping[str, str], limits: TraceLimits
) -> dict[str, tuple[Trace, Outcome]]:
    """Run the planned tests under the tracer and return the traces by id."""
    by_test: dict[str, list[list[object]]] = {}
    for plan in plans:
        file = f"{container.root}/{plan.function.path}"
        by_test.setdefault(plan.test, []).append([file, plan.function.first_line, plan.id])
    settings = {
        "shown": [f"{container.root}/{path}" for path in sources],
        "plan": by_test,
        "limits": {"events": limits.events, "size": limits.size, "depth": limits.depth},
    }
    chosen = TestSelection(ids=list(by_test))
    _, output = run_with_guest(container, "worldline_trace_plugin", settings, chosen=chosen, timeout_s=900)
    texts = {f"{container.root}/{path}": text.splitlines(keepends=True) for path, text in sources.items()}
    decoded = decode(output, lambda file, number: source_line(texts.get(file, []), number))
    entries = {plan.id: plan.function for plan in plans}
    made = {}
    for trace in decoded:
        function = entries.get(str(trace.attributes.get("id")))
        if function is not None and trace.frames:
            name = f"{function.path}:{function.name}"
            made[str(trace.attributes["id"])] = finish_trace(trace, name, texts)
    return made


def source_line(lines: Sequence[str], number: int) -> str:
    """Return the line with its newline; an empty line for one that the file does not have."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    return line if line.endswith("\n") else line + "\n"


def finish_trace(decoded: DecodedTrace, entry: str, texts: Mapping[str, Sequence[str]]) -> tuple[Trace, Outcome]:
    """Return the trace with its source context, and how its run ended."""
    codes = list(decoded.codes)
    trace = Trace(
        entry=entry,
        source=context(codes, texts),
        frames=tuple(decoded.frames),
        cut=decoded.cut,
        values_cut=decoded.values_cut,
    )
    end = trace.result
    if end is None or trace.cut:
        return trace, Outcome.CUT
    return trace, Outcome.RETURNED if end.kind is FrameKind.RETURN else Outcome.RAISED


def context(codes: Sequence[CodeSeen], texts: Mapping[str, Sequence[str]]) -> str:
    """Return the source of all functions that a trace ran, as it stands in their files, in the order of the files.

    It begins with a newline; the entry function, which is the first code, carries the start-of-trace comment.
    """
    blocks: dict[tuple[str, int], tuple[int, list[str]]] = {}
    for code in codes:
        lines = list(texts.get(code.file, []))
        first, last = _block(lines, code.first_line)
        chosen = lines[first - 1 : last]
        if code is codes[0]:
            mark = next((i for i, line in enumerate(chosen) if line.lstrip().startswith(("def ", "async def "))), 0)
            if chosen:
                chosen[mark] = chosen[mark].rstrip("\n") + START + "\n"
        blocks[code.file, first] = (last, chosen)
    kept: list[str] = []
    for (file, first), (last, chosen) in sorted(blocks.items()):
        entry = codes[0].file == file and codes[0].first_line == first
        inside = any(f == file and a < first and last <= b for (f, a), (b, _) in blocks.items())
        if entry or not inside:
            kept.append("".join(line if line.endswith("\n") else line + "\n" for line in chosen))
    return "\n" + "\n".join(kept)


def _block(lines: list[str], first: int) -> tuple[int, int]:
    """Return first and last line of the block that starts at `first`: lines that are indented deeper, or open brackets."""
    if not 0 < first <= len(lines):
        return first, first
    block = inspect.getblock(lines[first - 1 :])
    return first, first - 1 + max(1, len(block))
