"""Coverage map: CPU time of whole test-suites of real projects with our coverage plugin, over the bare suites; and whether
the lines of each test are those of the plain way, a fresh measurement for each test.

    python -m benchmarks.coverage_map [--python 3.12 3.13] [--processes 5] [--only toolz] [--json] [--quick]

Each suite runs under pytest in a fresh process, bare and mapped in turns; CPU seconds of the process and its children,
start and collection included, the best of several. The core that measured is read from what the plugin wrote. The plain
way runs once; tests with other lines there run five times more in the plain way, and those whose lines then differ from run
to run, or that are not there again, are left out and counted. `--quick` runs two projects once.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.interpreters import GUEST, Interpreter, find_interpreters, read_arguments
from benchmarks.suites import Prepared, choose_suites, prepare
from benchmarks.table import Claim, print_claims

BAR = 1.5
OURS, PLAIN = "worldline_coverage_plugin", "slow_coverage_plugin"
_TESTS = Path(__file__).parents[1] / "tests"
_AGAIN = 5
# Under the C tracer a run of this suite takes two minutes.
_LONG = {("more-itertools", "3.11")}


# Of each test, of each file.
Lines = dict[str, dict[str, list[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a suite: its CPU seconds, how it ended, the lines of each test and the cores that measured them."""

    seconds: float
    ended: str
    lines: Lines = field(default_factory=dict)
    cores: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Say whether all tests passed."""
        return "passed" in self.ended and not re.search(r"\b(failed|errors?)\b", self.ended)


def run_suite(suite: Prepared, plugin: str | None) -> Run:
    """Run the whole suite once in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        output, settings = Path(folder) / "output", Path(folder) / "settings.json"
        output.touch()
        about = {"output": str(output), "files": suite.files, "package": suite.packages}
        settings.write_text(json.dumps(about))
        names = {"WORLDLINE_COVERAGE": str(settings), "WORLDLINE_SLOW_COVERAGE": str(settings)}
        path = ":".join(filter(None, (suite.path, str(GUEST), str(_TESTS) if plugin == PLAIN else "")))
        environment = {**os.environ, **names, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        command = suite.command(*(["-p", plugin] if plugin else []))
        began = _cpu_of_children()
        run = subprocess.run(command, cwd=suite.folder, env=environment, capture_output=True, text=True)
        seconds = _cpu_of_children() - began
        rows = [json.loads(line) for line in output.read_text().splitlines()]
    broken = next((row[2] for row in rows if row[0] == "broken"), "")
    ended = broken or (run.stdout.strip().splitlines() or [run.stderr.strip()[-300:]])[-1]
    lines = {row[1]: row[3] for row in rows if row[0] == "lines"}
    return Run(seconds=seconds, ended=ended, lines=lines, cores=tuple(sorted({row[2] for row in rows})))


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def claims_of(label: str, suite: Prepared, processes: int) -> list[Claim]:
    """Return what the map of one suite costs, and whether it is right."""
    bare, mapped = [], []
    for _ in range(processes):
        bare.append(run_suite(suite, None))
        mapped.append(run_suite(suite, OURS))
    name = f"{label} {suite.suite.project}: coverage map"
    return [cost_claim(name, bare, mapped), _lines_claim(name, suite, mapped[0].lines)]


def cost_claim(name: str, bare: list[Run], mapped: list[Run]) -> Claim:
    """Return whether the map of one suite is within the bar, with every test passed and one core."""
    least, most = min(run.seconds for run in bare), min(run.seconds for run in mapped)
    failed = next((run.ended for run in [*bare, *mapped] if not run.good), "")
    cores = sorted({core for run in mapped for core in run.cores})
    ratio = most / least
    value = (
        f"{ratio:.2f} ({least:.2f} s -> {most:.2f} s), {len(mapped[0].lines)} tests, {', '.join(cores) or 'no core'}"
    )
    holds = ratio <= BAR and not failed and len(cores) == 1
    value += f"; {failed}" if failed else ""
    return Claim(claim=f"{name} over the bare suite", value=value, bar=f"<= {BAR}", holds=holds)


def _lines_claim(name: str, suite: Prepared, ours: Lines) -> Claim:
    plain = run_suite(suite, PLAIN).lines
    other = sorted(test for test in {*ours, *plain} if ours.get(test) != plain.get(test))
    alone = replace(suite, suite=replace(suite.suite, tests=tuple(other))) if len(other) <= 50 else suite
    again = [run_suite(alone, PLAIN).lines for _ in range(_AGAIN if other else 0)]
    return same_lines_claim(name, ours, plain, again)


def same_lines_claim(name: str, ours: Lines, plain: Lines, again: list[Lines]) -> Claim:
    """Return whether the lines of each test are those of the plain way; tests that differ within `again` are left out."""
    other = {test for test in {*ours, *plain} if ours.get(test) != plain.get(test)}
    # A test whose id holds the time of day is not there again.
    unsteady = {
        test for test in other if any(test not in lines or lines[test] != again[0].get(test) for lines in again)
    }
    wrong = sorted(other - unsteady)
    value = (
        f"{len({*ours, *plain} - other)} of {len({*ours, *plain} - unsteady)} tests the same, {len(unsteady)} unsteady"
    )
    value += f"; first: {wrong[0]}: {ours.get(wrong[0])} for {plain.get(wrong[0])}" if wrong else ""
    return Claim(claim=f"{name} against the plain way", value=value, bar="all", holds=bool(plain) and not wrong)


def _claims(interpreter: Interpreter, only: list[str] | None, processes: int, most: int | None) -> list[Claim]:
    claims: list[Claim] = []
    for suite in choose_suites(only)[:most]:
        if (suite.project, interpreter.label) in _LONG and not only:
            continue
        made = claims_of(interpreter.label, prepare(interpreter, suite), processes)
        for claim in made:
            print(f"{claim.claim}: {claim.value}", file=sys.stderr, flush=True)
        claims += made
    return claims


def main() -> int:
    """Measure every project on every interpreter; return the exit code."""
    arguments = read_arguments(__doc__, only="PROJECT")
    processes, most = (1, 2) if arguments.quick else (arguments.processes, None)
    claims = []
    for interpreter in find_interpreters(arguments.python):
        claims += _claims(interpreter, arguments.only, processes, most)
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
