"""Harmless: the test-suites of real projects give the same result per test untraced and under each engine of the tracer.

    python -m benchmarks.harmless [--json] [--quick]

Each project is built as an image from its release and its whole suite is run with the outermost calls of its code traced,
up to 50 a test, while the engine stays installed for the whole test. A test counts as the same when its outcome is that of
the untraced run; tests that differ between two untraced runs are left out.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.table import Claim, print_claims
from collectors.native_engine import FILE, MOUNT, native_for_base
from collectors.ship import run_with_guest
from collectors.stream_blocks import blocks
from images.build import BuildSettings, build_image
from images.catalogue import ImageRecord
from images.docker_container import DockerContainer
from images.engine import Engine
from images.health import TestSelection, run_tests
from images.host_pip import read_host_pip
from images.source import fetch
from images.spec import parse_spec

PROJECTS = (
    "toolz==1.0.0", "boltons==24.1.0", "inflection==0.5.1", "cachetools==5.5.0", "humanize==4.11.0", "idna==3.10",
    "more-itertools==10.5.0", "tabulate==0.9.0", "pyparsing==3.2.0", "sortedcontainers==2.4.0",
    "click==8.1.7", "markdown==3.7", "python-slugify==8.0.4", "wcwidth==0.2.13", "parso==0.8.4",
)  # fmt: skip
_LIMITS = {"events": 3000, "size": 300_000, "depth": 5, "seconds": 5.0}
_TRACES = 50
_SECONDS = 900.0


def outcomes(engine: Engine, record: ImageRecord, name: str | None, native: Path | None) -> tuple[dict[str, str], int]:
    """Return outcome by test and the number of trace events, with the named engine or untraced."""
    mounts = {str(native): MOUNT} if native else {}
    with DockerContainer(engine, record.image, mounts=mounts) as container:
        chosen = TestSelection(paths=record.test_files)
        if name is None:
            run, events = run_tests(container, chosen, timeout_s=_SECONDS), 0
        else:
            settings = {
                "shown": [f"{container.root}/{path}" for path in record.source_files],
                "limits": _LIMITS,
                "traces": _TRACES,
                "engine": name,
                "native": f"{MOUNT}/{FILE}",
            }
            run, output = run_with_guest(
                container, "worldline_trace_all_plugin", settings, chosen=chosen, timeout_s=_SECONDS
            )
            events = sum(int.from_bytes(p[:4], "little") for letter, p in blocks(output) if letter == "X")
    return {test.id: test.outcome for test in run.outcomes.values()}, events


def compare(engine: Engine, record: ImageRecord, native: Path | None) -> list[Claim]:
    """Return a claim for each engine."""
    first, _ = outcomes(engine, record, None, None)
    again, _ = outcomes(engine, record, None, None)
    steady = {test: outcome for test, outcome in first.items() if again.get(test) == outcome}
    claims = []
    for name in ("settrace", *(("native",) if native else ())):
        traced, events = outcomes(engine, record, name, native)
        other = [test for test, outcome in steady.items() if traced.get(test) != outcome]
        text = f"{len(steady) - len(other)} of {len(steady)} tests, {events:,} events"
        text += f"; first: {other[0]}" if other else ""
        holds = bool(steady) and events > 0 and not other
        print(f"{record.repository}, {name}: {text}", file=sys.stderr, flush=True)
        claims.append(Claim(claim=f"{record.repository}, {name}", value=text, bar="all the same", holds=holds))
    return claims


def main() -> int:
    """Build, run, compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="two projects only")
    arguments = parser.parse_args()
    engine, claims, built = Engine(), [], 0
    native = native_for_base(engine, "3.11")
    for text in PROJECTS[:2] if arguments.quick else PROJECTS:
        spec = parse_spec(f"pypi:{text}")
        record = build_image(engine, spec, fetch(spec, pip=read_host_pip()), BuildSettings(test_runs=1))
        print(f"{text}: {record.status} {record.reason}", file=sys.stderr, flush=True)
        if record.executable:
            built += 1
            claims += compare(engine, record, native)
    wanted = 2 if arguments.quick else 10
    claims.append(Claim(claim="projects", value=str(built), bar=f">= {wanted}", holds=built >= wanted))
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
