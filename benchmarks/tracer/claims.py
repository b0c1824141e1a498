"""Claims: what the measurements of one interpreter say of the bars that the project has set itself."""

from collections.abc import Mapping

from benchmarks.table import Claim
from benchmarks.tracer.measurement import UNTRACED, Cell, Times
from benchmarks.tracer.plan import (
    BARRED_SUITES,
    COVERAGE,
    ENGINES,
    FLOORS,
    HUNTER,
    MONITORING,
    NATIVE,
    PLAIN,
    PROGRAMS,
    SETTRACE,
)
from benchmarks.tracer.streams import Stream

_OVER_COVERAGE = {"a": 1.0, "b": 2.2, "c": 1.5}
_UNDER_HUNTER = {"a": 150, "b": 1500, "c": 80}
_UNDER_PLAIN = {"a": 30, "b": 75, "c": 25}
_PURE_UNDER_PLAIN = {"a": 8, "b": 20, "c": 1.7}
_BYTES_PER_EVENT = 12


class Ratios:
    """The ratios of one interpreter: CPU time of a tool over that of the bare run of the same size."""

    def __init__(self, label: str, times: dict[Cell, Times]):
        self.label = label
        self._times = times
        self.workloads = list(dict.fromkeys(cell.workload for cell in times))

    def ratio(self, workload: str, tool: str, *, inside: bool = False) -> float | str:
        """Return the ratio, of the tests' calls alone when `inside`, or why there is none."""
        for cell, times in self._times.items():
            if (cell.workload, cell.tool) == (workload, tool):
                bare = self._times[Cell(workload=workload, tool=UNTRACED, short=cell.short)]
                missing = times.reason or bare.reason
                if missing:
                    return missing
                return times.inside / bare.inside if inside else times.seconds / bare.seconds
        return "not measured"

    def failures(self, tool: str, workload: str) -> tuple[str, ...]:
        """Return the tests that the tool makes fail."""
        found = (t.failed for cell, t in self._times.items() if (cell.workload, cell.tool) == (workload, tool))
        return next(found, ())

    def barred(self, bars: Mapping[str, float]) -> list[tuple[str, float]]:
        """Return the bars of the workloads that were measured."""
        return [(workload, bar) for workload, bar in bars.items() if workload in self.workloads]

    def quotient(self, workload: str, tool: str, other: str) -> float | str:
        """Return how many times more than another a tool costs, or why that is unknown."""
        above, below = self.ratio(workload, tool), self.ratio(workload, other)
        if isinstance(above, str) or isinstance(below, str):
            return above if isinstance(above, str) else str(below)
        return above / below


def speed_claims(ratios: Ratios) -> list[Claim]:
    """Return the claims that have a bar on this interpreter."""
    if ratios.label == "3.11":
        return [*_on_settrace(ratios), *_floor(ratios)]
    if ratios.label in ("3.12", "3.13"):
        pure = _pure(ratios) if ratios.label == "3.12" else []
        return [*_on_monitoring(ratios), *_floor(ratios), *pure]
    return _floor(ratios)


def _on_monitoring(ratios: Ratios) -> list[Claim]:
    found = [
        _most(f"{ratios.label} {w}: native over the bare suite", ratios.ratio(w, NATIVE), 1.15) for w in _suites(ratios)
    ]
    for workload, bar in ratios.barred(_OVER_COVERAGE):
        value = ratios.quotient(workload, NATIVE, COVERAGE)
        found.append(_most(f"{ratios.label} {workload}: native over coverage.py's C tracer", value, bar))
    for workload, bar in ratios.barred(_UNDER_HUNTER):
        value = ratios.quotient(workload, HUNTER, NATIVE)
        found.append(_least(f"{ratios.label} {workload}: native faster than hunter", value, bar))
    return found


def _on_settrace(ratios: Ratios) -> list[Claim]:
    found = []
    for workload, bar in ratios.barred(_UNDER_PLAIN):
        value = ratios.quotient(workload, PLAIN, NATIVE)
        found.append(_least(f"{ratios.label} {workload}: native faster than plain", value, bar))
    for workload in _suites(ratios):
        found.append(
            _most(f"{ratios.label} {workload}: native over the bare suite", ratios.ratio(workload, NATIVE), 2.0)
        )
    return found


def _pure(ratios: Ratios) -> list[Claim]:
    found = []
    for engine in (MONITORING, SETTRACE):
        for workload, bar in ratios.barred(_PURE_UNDER_PLAIN):
            value = ratios.quotient(workload, PLAIN, engine)
            found.append(_least(f"{ratios.label} {workload}: {engine} faster than plain", value, bar))
    for workload in _suites(ratios):
        value = ratios.ratio(workload, MONITORING)
        found.append(_most(f"{ratios.label} {workload}: {MONITORING} over the bare suite", value, 3.0))
    return found


def _floor(ratios: Ratios) -> list[Claim]:
    """Return how near the floor the fastest engine is; there is no bar, so any number holds."""
    floor = FLOORS[1] if ratios.label in ("3.8", "3.9", "3.10", "3.11") else FLOORS[0]
    found = []
    for workload in (w for w in ratios.workloads if w in PROGRAMS):
        value = ratios.quotient(workload, NATIVE, floor)
        text = value if isinstance(value, str) else f"{value:.2f} times it"
        name = f"{ratios.label} {workload}: native beside the {floor}"
        found.append(Claim(claim=name, value=text, bar="stated", holds=not isinstance(value, str)))
    return found


def _suites(ratios: Ratios) -> list[str]:
    return [workload for workload in ratios.workloads if workload in BARRED_SUITES]


def stream_claims(label: str, workload: str, streams: dict[str, Stream]) -> list[Claim]:
    """Return whether all engines that this interpreter has wrote the same bytes, and on `a` how many for an event."""
    written = {tool: stream for tool, stream in streams.items() if tool in ENGINES}
    failed = [f"{tool}: {stream.reason}" for tool, stream in written.items() if stream.reason]
    same = len({stream.digest for stream in written.values()}) == 1
    first = next(iter(written.values()))
    text = "; ".join(failed) or f"{'equal' if same else 'unequal'}, {first.events:,} events, {first.lines:,} of lines"
    names = ", ".join(tool.removeprefix("ours, ") for tool in written)
    found = [
        Claim(claim=f"{label} {workload}: {names} write the same", value=text, bar="equal", holds=same and not failed)
    ]
    if workload == "a" and first.events:
        found.append(_most(f"{label} a: bytes of stream per event", first.size / first.events, _BYTES_PER_EVENT))
    return found


def _most(claim: str, value: float | str, bar: float) -> Claim:
    text = value if isinstance(value, str) else f"{value:.2f}"
    return Claim(claim=claim, value=text, bar=f"<= {bar:g}", holds=not isinstance(value, str) and value <= bar)


def _least(claim: str, value: float | str, bar: float) -> Claim:
    text = value if isinstance(value, str) else f"{value:,.1f}"
    return Claim(claim=claim, value=text, bar=f">= {bar:,g}", holds=not isinstance(value, str) and value >= bar)
