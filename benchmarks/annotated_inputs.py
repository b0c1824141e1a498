"""Annotated inputs: how many further functions of annotated projects get traces, and how many new traces there are.

    python -m benchmarks.annotated_inputs [--json] [--quick]

The functions of each release are called with the inputs of its tests and variations of them, then with inputs made from
annotations; a call counts when it was kept, as in a collection. All of this code runs on this machine, unconfined.
"""

import argparse
import sys

from benchmarks.releases import Suite, release_files
from benchmarks.table import Claim, print_claims
from collectors.annotated_inputs import annotated_inputs
from collectors.entry_points import functions_of
from collectors.function_calls import CallSettings, CallTracer
from collectors.function_inputs import record_inputs
from collectors.native_engine import FILE, native_for_interpreter
from collectors.tracing import TraceLimits
from images.health import TestSelection, run_tests
from images.local_container import LocalContainer
from images.source_tree import SourceTree

SUITES = (
    Suite(project="humanize", version="4.17.0", tests=("tests",)),
    Suite(project="pydash", version="8.0.5", tests=("tests",)),
)


def measure(suite: Suite) -> list[Claim]:
    """Return what the release's functions give with and without inputs from annotations."""
    files, chosen = release_files(suite), CallSettings(per_repository=5000)
    tree = SourceTree(files=files)
    sources = {name: tree.text(name) or "" for name in tree.source_files()}
    functions = [f for name, text in sources.items() for f in functions_of(name, text)]
    folder = native_for_interpreter(sys.executable)
    native = str(folder / FILE) if folder else None
    made = annotated_inputs(sources, functions, seed=chosen.seed, count=chosen.annotated)
    with LocalContainer(files) as container:
        run = run_tests(container, TestSelection(paths=list(suite.tests), options=suite.options))
        inputs = record_inputs(container, run.ids("passed"), functions, most=chosen.recorded)
        tracer = CallTracer(container, sources, TraceLimits(), chosen, digest=suite.version, native=native)
        kept = tracer.explore(inputs, made.calls)
    by_type = [found for found in kept if found.call in set(made.calls)]
    others = [found for found in kept if found.call not in set(made.calls)]
    before = {found.call.function for found in others}
    further = {found.call.function for found in by_type} - before
    raised = sum(str(found.outcome) == "raised" for found in by_type)
    text = f"{len(further)} beside {len(before)}; of {len({c.function for c in made.calls})} called, {made.skipped} skipped"
    return [
        Claim(claim=f"{suite.project}: further functions", value=text, bar="> 0", holds=bool(further)),
        Claim(
            claim=f"{suite.project}: new traces",
            value=f"{len(by_type)} beside {len(others)}, {raised} of them end with an exception",
            bar="> 0",
            holds=bool(by_type),
        ),
    ]


def main() -> int:
    """Measure each project; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one project only")
    arguments = parser.parse_args()
    suites = SUITES[:1] if arguments.quick else SUITES
    return print_claims([claim for suite in suites for claim in measure(suite)], as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
