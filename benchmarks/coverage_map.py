"""Coverage map: CPU time of whole test-suites of real projects with our coverage plugin, over the bare suites.

    python -m benchmarks.coverage_map [--python 3.11 3.13] [--processes 5] [--only toolz] [--json] [--quick]

Each suite runs under pytest in a fresh process, bare and mapped in turns; CPU seconds of the process and its children,
start and collection included, the best of several. The core that measured is read from what the plugin wrote.
`--quick` runs two projects once.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.interpreters import GUEST, Interpreter, find_interpreters, read_arguments, with_packages
from benchmarks.releases import Suite, Unpacked, unpack_release
from benchmarks.table import Claim, print_claims

BAR = 1.5
SUITES = (
    Suite(project="toolz", version="1.2.0", tests=("toolz",)),
    Suite(project="cachetools", version="8.0.2", tests=("tests",)),
    Suite(project="sqlparse", version="0.6.1", tests=("tests",)),
    Suite(project="tabulate", version="0.10.0", tests=("test",)),
    Suite(project="boltons", version="26.2.0", tests=("tests",)),
    Suite(project="more-itertools", version="11.2.1", tests=("tests",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a suite: its CPU seconds, how it ended, the tests that were mapped and the cores that measured them."""

    seconds: float
    ended: str
    tests: int = 0
    cores: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Say whether all tests passed."""
        return "passed" in self.ended and not re.search(r"\b(failed|errors?)\b", self.ended)


def run_suite(interpreter: Interpreter, suite: Suite, held: Unpacked, *, mapped: bool) -> Run:
    """Run the whole suite once in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        output, settings = Path(folder) / "output", Path(folder) / "settings.json"
        output.touch()
        package = _site_packages(interpreter)
        settings.write_text(json.dumps({"output": str(output), "root": str(held.folder), "package": package}))
        path = f"{held.path}:{GUEST}"
        environment = {"PYTHONPATH": path, "PYTHONHASHSEED": "0", "WORLDLINE_COVERAGE": str(settings)}
        command = [interpreter.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suite.options, *suite.tests]
        if mapped:
            command += ["-p", "worldline_coverage_plugin"]
        began = _cpu_of_children()
        run = subprocess.run(command, cwd=held.folder, env=os.environ | environment, capture_output=True, text=True)
        seconds = _cpu_of_children() - began
        rows = [json.loads(line) for line in output.read_text().splitlines()]
    ended = (run.stdout.strip().splitlines() or [run.stderr.strip()[-300:]])[-1]
    return Run(seconds=seconds, ended=ended, tests=len(rows), cores=tuple(sorted({row[2] for row in rows})))


def _site_packages(interpreter: Interpreter) -> str:
    return str(Path(interpreter.python).parents[1] / "lib" / f"python{interpreter.label}" / "site-packages")


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def claim_of(label: str, suite: Suite, bare: list[Run], mapped: list[Run]) -> Claim:
    """Return whether the map of one suite is within the bar, with every test passed and one core."""
    least, most = min(run.seconds for run in bare), min(run.seconds for run in mapped)
    failed = next((run.ended for run in [*bare, *mapped] if not run.good), "")
    cores = sorted({core for run in mapped for core in run.cores})
    ratio = most / least
    value = f"{ratio:.2f} ({least:.2f} s -> {most:.2f} s), {mapped[0].tests} tests, {', '.join(cores) or 'no core'}"
    holds = ratio <= BAR and not failed and len(cores) == 1
    name = f"{label} {suite.project}: coverage map over the bare suite"
    return Claim(claim=name, value=f"{value}; {failed}" if failed else value, bar=f"<= {BAR}", holds=holds)


def main() -> int:
    """Measure every project on every interpreter; return the exit code."""
    arguments = read_arguments(__doc__, only="PROJECT")
    chosen = [suite for suite in SUITES if not arguments.only or suite.project in arguments.only]
    chosen, processes = (chosen[:2], 1) if arguments.quick else (chosen, arguments.processes)
    claims = []
    for interpreter in map(with_packages, find_interpreters(arguments.python)):
        for suite in chosen:
            held = unpack_release(suite)
            bare, mapped = [], []
            for _ in range(processes):
                bare.append(run_suite(interpreter, suite, held, mapped=False))
                mapped.append(run_suite(interpreter, suite, held, mapped=True))
            claims.append(claim_of(interpreter.label, suite, bare, mapped))
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
