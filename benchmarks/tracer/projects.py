"""Projects: CPU time of whole test-suites under the C engine, over the bare suites, beside the empty callback and coverage.py.

    python -m benchmarks.tracer.projects [--python 3.12] [--only toolz] [--processes 3] [--json] [--quick]

The suites are those of benchmarks/suites.py; every value of the project's own functions is recorded, every outermost call
begins a trace. Each number is the best of several passes in each of several fresh processes, the tools taken in turns, so
that what else the machine does hits all alike. How dense a suite is decides: so the events of a bare second stand beside.
`--quick` runs two projects once.
"""

import math
import statistics
import sys
from dataclasses import dataclass

from benchmarks.interpreters import Interpreter, find_interpreters, read_arguments
from benchmarks.releases import Suite
from benchmarks.suites import choose_suites, prepare
from benchmarks.table import Claim, print_claims
from benchmarks.tracer.measurement import UNTRACED, Cell, Effort, Times, Workload, measure
from benchmarks.tracer.plan import COVERAGE, FLOORS, NATIVE

SYSMON = "coverage.py, sys.monitoring"
COUNTED = "ours, counted"
_BARS = {True: 1.15, False: 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One suite: its bare seconds, events, and for each tool the ratio, or why there is none."""

    project: str
    seconds: float
    events: int
    ratios: dict[str, float]
    reasons: dict[str, str]


def tools_of(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the tools of an interpreter, the bare run first, the floor second."""
    monitored = interpreter.minor >= (3, 12)
    return (UNTRACED, FLOORS[0 if monitored else 1], COVERAGE, *((SYSMON,) if monitored else ()), NATIVE)


def measure_suite(interpreter: Interpreter, suite: Suite, effort: Effort) -> Row:
    """Measure one suite under all tools."""
    ready = prepare(interpreter, suite)
    settings = {"pytest": ["-o", "addopts=", *suite.options, *suite.tests]}
    workload = Workload(
        name=suite.project, files=ready.files, full=settings, short=settings, cwd=str(ready.folder), path=ready.path
    )
    own = Interpreter(version=interpreter.version, python=ready.python)
    tools = tools_of(interpreter)
    cells = {tool: Cell(workload=suite.project, tool=tool, short=False) for tool in tools}
    cells[COUNTED] = Cell(workload=suite.project, tool=COUNTED, short=False, slow=True)
    return read_row(
        suite.project, tools, {cell.tool: t for cell, t in measure(own, [workload], [*cells.values()], effort).items()}
    )


def read_row(project: str, tools: tuple[str, ...], times: dict[str, Times]) -> Row:
    """Return the row of what was measured; a tool that has no time, or none to be compared with, has a reason."""
    bare = times[UNTRACED]
    reasons = {tool: times[tool].reason or bare.reason for tool in tools[1:] if times[tool].reason or bare.reason}
    ratios = {tool: times[tool].seconds / bare.seconds for tool in tools[1:] if tool not in reasons}
    return Row(project=project, seconds=bare.seconds, events=times[COUNTED].events, ratios=ratios, reasons=reasons)


def print_row(row: Row, tools: tuple[str, ...]) -> None:
    """Print one row of the table in Markdown."""
    rate = f"{row.events / row.seconds:,.0f}" if row.seconds else "-"
    fields = [f"{row.ratios[tool]:.2f}" if tool in row.ratios else "-" for tool in tools[1:]]
    print(" | ".join(["", row.project, f"{row.seconds:.3f}", rate, *fields, ""]).strip(), file=sys.stderr, flush=True)
    for tool, reason in row.reasons.items():
        print(f"{row.project}, {tool}: {reason}", file=sys.stderr)


def claims_of(label: str, rows: list[Row], floor: str) -> list[Claim]:
    """Return for each suite whether the engine is within the bar, and a line for all."""
    bar = _BARS[floor == FLOORS[0]]
    claims = []
    for row in rows:
        ratio = row.ratios.get(NATIVE, math.inf)
        value = f"{ratio:.2f}" if NATIVE in row.ratios else row.reasons.get(NATIVE, "not measured")
        claims.append(Claim(claim=f"{label} {row.project}: C engine", value=value, bar=f"<= {bar}", holds=ratio <= bar))
    found = [row.ratios[NATIVE] for row in rows if NATIVE in row.ratios]
    lowest = [row.ratios[floor] for row in rows if floor in row.ratios]
    holding = sum(ratio <= bar for ratio in found)
    value = f"{holding} of {len(found)}"
    if found and lowest:
        value += f", median {statistics.median(found):.2f}, empty callback {statistics.median(lowest):.2f}"
    claims.append(
        Claim(claim=f"{label}: suites within <= {bar}", value=value, bar="all", holds=0 < holding == len(rows))
    )
    return claims


def main() -> int:
    """Measure every suite on every interpreter; return the exit code."""
    arguments = read_arguments(__doc__, only="PROJECT")
    processes, most = (1, 2) if arguments.quick else (arguments.processes, None)
    claims = []
    for interpreter in find_interpreters(arguments.python or ["3.12"]):
        tools, rows = tools_of(interpreter), []
        print(" | ".join(["", "project", "bare s", "events / s", *tools[1:], ""]).strip(), file=sys.stderr)
        for suite in choose_suites(arguments.only)[:most]:
            rows.append(
                measure_suite(
                    interpreter, suite, Effort(processes=processes, slow_processes=1, seconds=0.5, timeout_s=120)
                )
            )
            print_row(rows[-1], tools)
        claims += claims_of(interpreter.label, rows, tools[1])
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
