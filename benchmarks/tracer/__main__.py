"""Tracer: CPU time of a traced run over the bare run, beside other tools; all engines must write the same bytes first.

    python -m benchmarks.tracer [--python 3.11 3.12 3.13] [--processes 5] [--only a b] [--json] [--quick]

Workloads: a arithmetic loop, b growing lists, dicts and strings, c classes, recursion and a small interpreter (programs
in `workloads/`), d and e the test-suites of two real projects, of which only the project's own functions are traced. The
peers are installed once into an environment for each interpreter. Every number is the best of several passes in each of
several fresh processes, the tools taken in turns; a tool that needs minutes is given a shorter run of the same kind and
compared with a bare run as short. `--quick` gives that to all.
"""

import sys

from benchmarks.interpreters import Interpreter, find_interpreters, read_arguments, with_packages
from benchmarks.table import Claim, print_claims
from benchmarks.tracer.claims import Ratios, speed_claims, stream_claims
from benchmarks.tracer.measurement import Effort, Workload, measure
from benchmarks.tracer.plan import ENGINES, MONITORING, PROGRAMS, plan_cells, program_workloads, suite_workloads
from benchmarks.tracer.ratio_table import print_ratios
from benchmarks.tracer.streams import write_stream


def check_streams(interpreter: Interpreter, workloads: list[Workload], *, quick: bool) -> list[Claim]:
    """Return whether the engines agree on every program."""
    engines = [tool for tool in ENGINES if tool != MONITORING or interpreter.minor >= (3, 12)]
    found = []
    for workload in workloads:
        if workload.name in PROGRAMS:
            streams = {tool: write_stream(interpreter, workload, tool, short=quick) for tool in engines}
            found += stream_claims(interpreter.label, workload.name, streams)
    return found


def main() -> int:
    """Check, measure, print; return the exit code."""
    arguments = read_arguments(__doc__, only="WORKLOAD")
    interpreters = [with_packages(interpreter) for interpreter in find_interpreters(arguments.python)]
    workloads = [*program_workloads(), *suite_workloads()]
    workloads = [w for w in workloads if not arguments.only or w.name in arguments.only]
    effort = Effort(processes=1, seconds=0.1) if arguments.quick else Effort(processes=arguments.processes)
    claims, measured = [], []
    for interpreter in interpreters:
        claims += check_streams(interpreter, workloads, quick=arguments.quick)
        cells = plan_cells(workloads, quick=arguments.quick)
        ratios = Ratios(interpreter.label, measure(interpreter, workloads, cells, effort))
        measured.append(ratios)
        claims += speed_claims(ratios)
        print_ratios([ratios], file=sys.stderr)
    print_ratios(measured, file=sys.stderr if arguments.json else sys.stdout)
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
