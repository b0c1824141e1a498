"""Program-level traces: whole programs on the inputs of their tests, right and wrong ones, each traced twice.

A program is right when it prints what is expected in every test that is run. Of a right one passed tests are traced, of a
wrong one failed tests, so that a trace's outcome, `solved` or `failed`, is also its program's.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from collectors.errors import GuestStreamError
from collectors.program_layout import MODULE, with_stdin
from collectors.program_runs import PlannedRun, ProgramRun, RunBounds, run_programs
from collectors.programs_file import Program
from collectors.source_context import SourceTexts
from collectors.tracing import decode
from images.container import Container
from trajectories.frame import FrameKind
from trajectories.trace_record import Trace
from trajectories.trace_table import TraceColumns, seen_in_both, traces_of
from trajectories.trajectory import Outcome, content_id

COLLECTOR = "programs-1"
_FILE = "program.py"
# A line event comes with at most so many others, calls and returns: beyond it the recorder need not go.
_EVENTS_PER_LINE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramSettings:
    """How programs are judged and traced.

    Most programs of one line of the file, most tests run and traced of one program, CPU seconds and bytes of address space of
    a run, CWM's caps on line events and on bytes of the rendered trace, whether as many traces of right programs as of wrong
    ones are kept, which holds for each unit of work, and the most lines of one. `true_repr` has objects show themselves by
    their own __repr__, as in CWM's data.
    """

    per_line: int = 20
    tests: int = 10
    traces: int = 2
    seconds: float = 5.0
    memory: int = 1 << 30
    line_events: int = 10_000
    size: int = 1_000_000
    balanced: bool = True
    per_unit: int = 200
    true_repr: bool = True

    def __post_init__(self) -> None:
        for name in ("per_line", "tests", "traces", "seconds", "memory", "line_events", "size", "per_unit"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be above 0")

    @property
    def bounds(self) -> RunBounds:
        """Return the bounds of one run."""
        events = _EVENTS_PER_LINE * self.line_events
        return RunBounds(
            seconds=self.seconds, memory=self.memory, events=events, size=self.size, true_repr=self.true_repr
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTrace:
    """One run that was to be traced: its columns, or the reason why it was dropped; `right` says what its program is."""

    id: str
    run: PlannedRun
    right: bool
    columns: TraceColumns | None = None
    reason: str = ""


class ProgramTracer:
    """Judges and traces programs in a container; `size_of` says how many bytes a rendered trace has."""

    def __init__(
        self,
        container: Container,
        settings: ProgramSettings,
        size_of: Callable[[Trace], int],
        *,
        seed: int,
        native: str | None = None,
    ) -> None:
        self._container = container
        self._settings = settings
        self._size_of = size_of
        self._seed = seed
        self._native = native

    def trace(self, programs: Sequence[Program]) -> list[ProgramTrace]:
        """Return the runs that were to be traced, kept or dropped, in the order of the programs."""
        plans = list(dict.fromkeys(plan for judged in self._judge(programs) for plan in self._plan(judged)))
        again = [plan for plan in plans if not plan.seen.late]
        runs = [plan.run for plan in again]
        seen = zip(self._run(runs, traced=True), self._run(runs, traced=True), strict=True)
        traced = {plan: self._traced(plan, *two) for plan, two in zip(again, seen, strict=True)}
        return [traced.get(plan) or plan.dropped("took too long") for plan in plans]

    def _run(self, runs: Sequence[PlannedRun], *, traced: bool) -> list[ProgramRun]:
        return run_programs(self._container, runs, self._settings.bounds, traced=traced, native=self._native)

    def _judge(self, programs: Sequence[Program]) -> list["_Judged"]:
        """Return the programs with the tests that they passed and failed; one that took too long is not run again."""
        judged = [_Judged(program=program) for program in dict.fromkeys(programs)]
        for test in range(self._settings.tests):
            going = [
                (each, PlannedRun(program=each.program, test=test))
                for each in judged
                if test < len(each.program.tests) and not each.late and len(each.failed) < self._settings.traces
            ]
            for (each, run), seen in zip(going, self._run([run for _, run in going], traced=False), strict=True):
                each.late = each.late or seen.late
                passed = not seen.late and seen.status == 0 and same_output(seen.printed, run.expected)
                (each.passed if passed else each.failed).append(_Plan(run=run, right=passed, seen=seen))
        return judged

    def _plan(self, judged: "_Judged") -> list["_Plan"]:
        """Return the runs to trace: passed ones of a right program, failed ones of a wrong one."""
        draw = random.Random(f"{self._seed} {judged.program.id}")
        found = judged.failed or judged.passed
        return draw.sample(found, min(len(found), self._settings.traces))

    def _traced(self, plan: "_Plan", first: ProgramRun, second: ProgramRun) -> ProgramTrace:
        program = plan.run.program
        if first.late or second.late:
            return plan.dropped("took too long")
        if not first.printed == second.printed == plan.seen.printed:
            return plan.dropped("printed something else when it ran again")
        texts, entries = SourceTexts({_FILE: program.text}), {_FILE: f"{program.id}:{MODULE}"}
        try:
            one, two = (decode(each.stream, entries, texts) for each in (first, second))
        except GuestStreamError:
            return plan.dropped("wrote into the tracer's stream")
        reason = self._over(one) if one.heads else "could not be compiled" if first.status == 1 else "died"
        if reason or not seen_in_both(one, two).heads:
            return plan.dropped(reason or "was not the same when traced again")
        head = replace(
            one.heads[0],
            id=plan.id,
            outcome=Outcome.SOLVED if plan.right else Outcome.FAILED,
            source=with_stdin(one.heads[0].source, plan.run.stdin),
        )
        kept = TraceColumns(heads=[head], frames=one.frames)
        return ProgramTrace(id=plan.id, run=plan.run, right=plan.right, columns=kept)

    def _over(self, columns: TraceColumns) -> str:
        """Return which cap the trace is over, or nothing."""
        cut, most = columns.heads[0].cut, self._settings.line_events
        lines = list(FrameKind).index(FrameKind.LINE)
        if cut == "events" or int((columns.frames.kind_F == lines).sum()) > most:
            return f"over {most:,} line events"
        if cut == "bytes" or self._size_of(traces_of(columns)[0][0]) > self._settings.size:
            return f"over {self._settings.size:,} bytes"
        return f"the recording ended early: {cut}" if cut else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A run that is to be traced, whether it passed, and what it did untraced; equal where program and input are."""

    id: str = field(init=False)
    run: PlannedRun = field(compare=False)
    right: bool = field(compare=False)
    seen: ProgramRun = field(compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", content_id(self.run.program.text, self.run.stdin, COLLECTOR))

    def dropped(self, reason: str) -> ProgramTrace:
        """Return the run as one that was dropped."""
        return ProgramTrace(id=self.id, run=self.run, right=self.right, reason=reason)


@dataclass(slots=True, kw_only=True)
class _Judged:
    """A program with the runs that passed and failed, and whether one took too long."""

    program: Program
    passed: list[_Plan] = field(default_factory=list)
    failed: list[_Plan] = field(default_factory=list)
    late: bool = False


def same_output(printed: bytes, expected: str) -> bool:
    """Say whether the output is the expected one; blanks at the ends of lines and empty lines at the end do not count."""
    return _lines(printed.decode("utf-8", "replace")) == _lines(expected)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]


def balanced(traces: Sequence[ProgramTrace], *, seed: int) -> set[str]:
    """Return the ids of as many kept traces of right programs as of wrong ones, of many programs rather than many of one."""
    by_verdict: dict[bool, list[str]] = {True: [], False: []}
    for right, ids in by_verdict.items():
        turns: dict[str, list[str]] = {}
        for trace in traces:
            if trace.columns is not None and trace.right is right:
                turns.setdefault(trace.run.program.id, []).append(trace.id)
        order = sorted(turns)
        random.Random(f"{seed} {right}").shuffle(order)
        most = max(map(len, turns.values()), default=0)
        ids += [turns[program][turn] for turn in range(most) for program in order if turn < len(turns[program])]
    least = min(len(ids) for ids in by_verdict.values())
    return {key for ids in by_verdict.values() for key in ids[:least]}
