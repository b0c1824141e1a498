"""Harmless: the test-suites of real projects give the same result per test untraced and under each engine of the tracer.

    python -m benchmarks.harmless [--python 3.11 3.12] [--only toolz] [--json] [--quick]

Each suite (benchmarks/suites.py) runs in a fresh copy of its folder with the outermost calls of the project's own code traced,
up to 50 a test, while the engine stays installed for the whole test. A test counts as the same when its outcome is that of
the untraced run; tests that differ between two untraced runs are left out and named. `--quick` runs two projects.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.interpreters import Interpreter, find_interpreters, read_arguments
from benchmarks.suites import Prepared, choose_suites, prepare
from benchmarks.table import Claim, print_claims
from collectors.native_engine import FILE, native_for_interpreter
from collectors.ship import run_with_guest
from collectors.stream_blocks import blocks
from images.health import GUEST, TestRun, TestSelection, run_tests
from images.local_container import LocalContainer

_LIMITS = {"events": 3000, "size": 300_000, "depth": 5, "seconds": 5.0}
_TRACES = 50
_SECONDS = 540.0
_SUITES_WANTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a suite: the outcome of each test, the number of trace events, and why it was not whole, if so."""

    outcomes: dict[str, str]
    events: int
    ended: str


def run_suite(suite: Prepared, engine: str | None, native: Path | None) -> Run:
    """Run the suite once, traced by the named engine or untraced."""
    files = {str(p.relative_to(suite.folder)): p.read_bytes() for p in suite.folder.rglob("*") if p.is_file()}
    with LocalContainer(files, python=suite.python) as container:
        own = [file.replace(str(suite.folder), container.root) for file in suite.files]
        path = suite.path.replace(str(suite.folder), container.root)
        chosen = TestSelection(
            paths=suite.suite.tests, options=suite.suite.options, env={"PYTHONPATH": f"{GUEST}:{path}".rstrip(":")}
        )
        if engine is None:
            return _read(run_tests(container, chosen, timeout_s=_SECONDS), 0)
        settings = {
            "shown": own,
            "limits": _LIMITS,
            "traces": _TRACES,
            "engine": engine,
            "native": str(native / FILE) if native else None,
        }
        run, output = run_with_guest(
            container, "worldline_trace_all_plugin", settings, chosen=chosen, timeout_s=_SECONDS
        )
    return _read(run, sum(int.from_bytes(p[:4], "little") for letter, p in blocks(output) if letter == "X"))


def _read(run: TestRun, events: int) -> Run:
    said = "" if run.complete else f"ended early: {run.completed.text.strip()[-200:]!r}"
    ended = f"not done in {_SECONDS:.0f} s" if run.completed.timed_out else said
    return Run(outcomes={test.id: test.outcome for test in run.outcomes.values()}, events=events, ended=ended)


def compare(label: str, suite: Prepared, engines: dict[str, Path | None]) -> list[Claim]:
    """Return a claim for each engine."""
    first, again = (run_suite(suite, None, None) for _ in range(2))
    steady = {test: outcome for test, outcome in first.outcomes.items() if again.outcomes.get(test) == outcome}
    flaky = sorted({*first.outcomes, *again.outcomes} - set(steady))
    claims = []
    for engine, native in engines.items():
        traced = run_suite(suite, engine, native)
        other = [test for test, outcome in steady.items() if traced.outcomes.get(test) != outcome]
        passed = sum(outcome == "passed" for outcome in steady.values())
        text = f"{len(steady) - len(other)} of {len(steady)} tests ({passed} pass), {traced.events:,} events"
        text += f"; {len(flaky)} unsteady untraced: {', '.join(flaky[:3])}" if flaky else ""
        text += f"; {len(other)} other: {', '.join(other[:8])}" if other else ""
        text += "".join(f"; {run.ended}" for run in (first, traced) if run.ended)
        holds = passed > 0 and traced.events > 0 and not other and not first.ended and not traced.ended
        name = f"{label} {suite.suite.project}-{suite.suite.version}, {engine}"
        print(f"{name}: {text}", file=sys.stderr, flush=True)
        claims.append(Claim(claim=name, value=text, bar="all the same", holds=holds))
    return claims


def engines_of(interpreter: Interpreter) -> dict[str, Path | None]:
    """Return the engines that this interpreter can have, and the folder of the compiled one."""
    engines: dict[str, Path | None] = {"settrace": None}
    if interpreter.minor >= (3, 12):
        engines["monitoring"] = None
    native = native_for_interpreter(interpreter.python)
    return {**engines, "native": native} if native else engines


def main() -> int:
    """Run and compare; return the exit code."""
    arguments = read_arguments(__doc__, only="PROJECT")
    suites = choose_suites(arguments.only)[: 2 if arguments.quick else None]
    claims = []
    for interpreter in find_interpreters(arguments.python or ["3.11", "3.12"]):
        engines = engines_of(interpreter)
        for suite in suites:
            claims += compare(interpreter.label, prepare(interpreter, suite), engines)
        wanted = min(_SUITES_WANTED, len(suites))
        claims.append(
            Claim(
                claim=f"{interpreter.label}: projects, engines",
                value=f"{len(suites)}, {', '.join(engines)}",
                bar=f">= {wanted}, native among them",
                holds=len(suites) >= wanted and "native" in engines,
            )
        )
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
