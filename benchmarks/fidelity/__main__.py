"""Fidelity: what a trace says of a call is what the interpreter does, on functions of real projects.

    python -m benchmarks.fidelity [--cruxeval FILE] [--json] [--quick]

The functions of each release are called with inputs from its tests and variations of them. Of each kept call: its last value
is compared with what the same call gives untraced in a fresh process, where that is of known exact types; its rendered text
is parsed; and its own program, the source text with `main`, is run in the function's module and traced. With `--cruxeval` the
items of a JSONL file in CruxEval's format (id, code, input, output) too. All of this code runs on this machine, unconfined.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.fidelity.cruxeval import BadItems, item_claims, read_items
from benchmarks.fidelity.projects import Findings, examine
from benchmarks.releases import Suite, release_files
from benchmarks.table import print_claims
from collectors.native_engine import FILE, native_for_interpreter

SUITES = (
    Suite(project="toolz", version="1.2.0", tests=("toolz",)),
    Suite(project="boltons", version="26.2.0", tests=("tests",)),
    Suite(project="pydash", version="8.0.5", tests=("tests",)),
    Suite(project="funcy", version="2.0", tests=("tests",)),
    Suite(project="inflection", version="0.5.1", tests=("test_inflection.py",)),
    Suite(project="tabulate", version="0.10.0", tests=("test",)),
    Suite(project="humanize", version="4.17.0", tests=("tests",)),
    Suite(project="webcolors", version="24.11.1", tests=("tests",)),
    Suite(project="idna", version="3.20", tests=("tests",)),
)
_WANTED, _QUICK = 500, 2


def main() -> int:
    """Examine the projects one after the other; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cruxeval", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="two projects only")
    arguments = parser.parse_args()
    try:
        items = read_items(arguments.cruxeval) if arguments.cruxeval else []
    except BadItems as error:
        print(error, file=sys.stderr)
        return 2
    folder = native_for_interpreter(sys.executable)
    native, findings = str(folder / FILE) if folder else None, Findings()
    for suite in SUITES[:_QUICK] if arguments.quick else SUITES:
        before = findings.functions
        examine(suite, release_files(suite), native, findings)
        print(f"{suite.project} {suite.version}: {findings.functions - before} functions", file=sys.stderr, flush=True)
    for tally in (findings.returned, findings.raised, findings.parsed, findings.programs):
        for name in tally.other:
            print(f"other: {name[:300]}", file=sys.stderr)
    claims = findings.claims(wanted=1 if arguments.quick else _WANTED)
    return print_claims(claims + (item_claims(items, native) if items else []), as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
