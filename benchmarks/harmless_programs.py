"""Harmless to programs: random programs print, end and fail the same untraced and under each engine of the tracer.

    python -m benchmarks.harmless_programs [--python 3.11 3.12] [--programs 1000] [--alone 100] [--json] [--quick]

The programs of tests/random_programs.py run in processes of 100 programs each: what each printed, and what its `main` returned
or raised, with the message. The first of them also run in a process each: standard output, exit code and the last line of the
traceback, where a program ends by falling off its end, by `sys.exit` with a number or a text, by `os._exit` or by an exception
that nobody catches. All interpreters that are found run; `--quick` takes 40 programs, 8 of them alone.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.interpreters import GUEST
from benchmarks.table import Claim, print_claims
from collectors.native_engine import FILE, native_for_interpreter
from tests.interpreters import interpreters
from tests.random_programs import random_program

_DRIVER = Path(__file__).parent / "guest" / "bench_programs.py"
_TOGETHER = 100
_ENDS = (
    "main()",
    "sys.exit(number(main()) % 200)",
    "sys.exit('ended by ' + type(main()).__name__)",
    "import os; found = number(main()) % 200; sys.stdout.flush(); os._exit(found)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An interpreter and an engine on it; None is untraced."""

    python: str
    engine: str | None
    native: str | None

    def run(self, files: list[Path], *, alone: bool) -> "subprocess.CompletedProcess[str]":
        """Run the programs in one process."""
        settings = {
            "guest": str(GUEST),
            "engine": self.engine,
            "native": self.native,
            "files": list(map(str, files)),
            "alone": alone,
        }
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [self.python, str(_DRIVER), json.dumps(settings)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


def together(target: Target, files: list[Path]) -> list[str]:
    """Return how each program went, many in a process; a process that died says so for all that it did not get to."""
    found: list[str] = []
    for start in range(0, len(files), _TOGETHER):
        part = files[start : start + _TOGETHER]
        run = target.run(part, alone=False)
        lines = run.stdout.splitlines()
        found += lines + [f"died with {run.returncode}: {run.stderr[-300:]}"] * (len(part) - len(lines))
    return found


def apart(target: Target, files: list[Path]) -> list[str]:
    """Return how each program went in a process of its own."""
    found = []
    for file in files:
        run = target.run([file], alone=True)
        found.append(repr((run.stdout, run.returncode, run.stderr.splitlines()[-1:])))
    return found


def compare(
    name: str, targets: list[Target], files: list[Path], way: Callable[[Target, list[Path]], list[str]]
) -> list[Claim]:
    """Return a claim for each engine; the first target is the untraced one."""
    untraced, claims = way(targets[0], files), []
    ends = len(set(untraced))
    for target in targets[1:]:
        traced = way(target, files)
        other = [file.stem for file, one, two in zip(files, untraced, traced, strict=True) if one != two]
        text = f"{len(files) - len(other)} of {len(files)} programs, {ends} different results"
        text += f"; other: {', '.join(other[:8])}" if other else ""
        claim = Claim(claim=f"{name}, {target.engine}", value=text, bar="all the same", holds=not other and ends > 1)
        print(f"{claim.claim}: {claim.value}", file=sys.stderr, flush=True)
        claims.append(claim)
    return claims


def targets_of(version: str, python: str) -> list[Target]:
    """Return the untraced run and the engines that this interpreter has."""
    native = native_for_interpreter(python)
    names = [None, "settrace", *(["monitoring"] if int(version[2:]) >= 12 else []), *(["native"] if native else [])]
    return [Target(python=python, engine=name, native=str(native / FILE) if native else None) for name in names]


def main() -> int:
    """Run and compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", nargs="+", default=[], metavar="VERSION")
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--alone", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    count, alone = (40, 8) if arguments.quick else (arguments.programs, arguments.alone)
    claims = []
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"program_{seed}.py" for seed in range(count)]
        ended = [Path(folder) / f"ended_{seed}.py" for seed in range(alone)]
        for seed, file in enumerate(files):
            file.write_text(random_program(seed))
        for seed, file in enumerate(ended):
            file.write_text(f"{random_program(seed)}{_ENDS[seed % len(_ENDS)]}\n")
        for version, python in interpreters().items():
            if not arguments.python or version in arguments.python:
                targets = targets_of(version, python)
                claims += compare(f"{version}, together", targets, files, together)
                claims += compare(f"{version}, a process each", targets, ended, apart)
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
