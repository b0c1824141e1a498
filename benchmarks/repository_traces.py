"""Repository traces: what is cut out of the tests of real projects, and how much of what was recorded is kept.

    python -m benchmarks.repository_traces [--json] [--quick] [--step-in 0.5]

Each project is built as an image from its release; its coverage map is made and its tests are recorded and cut up, twice
over, with the settings of a recipe that says nothing of them but four traces for each function and 400 for a repository.
"""

import argparse
import statistics
import sys
import time
from collections import Counter

from benchmarks.table import Claim, print_claims
from collectors.line_coverage import Reach, map_coverage
from collectors.native_engine import FILE, MOUNT, native_for_base
from collectors.repository_traces import CutSettings, RepositoryTracer, RepositoryTraces
from collectors.tracing import TraceLimits
from images.build import build_image
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.docker_container import DockerContainer
from images.engine import Engine
from images.host_pip import read_host_pip
from images.source import fetch
from images.source_tree import SourceTree, is_test_name
from images.spec import parse_spec
from trajectories.trace_table import traces_of

PROJECTS = ("toolz==1.0.0", "cachetools==5.5.0", "boltons==24.1.0")
_LIMITS = TraceLimits(per_function=4, per_repository=400)
_SECONDS = 900.0


def texts_of(tree: SourceTree, paths: list[str]) -> dict[str, str]:
    """Return these files of the tree that are UTF-8."""
    return {path: text for path in paths if (text := tree.text(path)) is not None}


def measure(engine: Engine, record: ImageRecord, tree: SourceTree, step_in: float) -> list[Claim]:
    """Map, record and cut up the tests of one project, twice; return the claims."""
    native = native_for_base(engine, "3.11")
    mounts, place = ({str(native): MOUNT}, f"{MOUNT}/{FILE}") if native else ({}, None)
    sources, files = texts_of(tree, tree.source_files()), texts_of(tree, tree.python_files())
    passing = [test.id for test in record.tests if test.outcome == "passed"]
    made = []
    with DockerContainer(engine, record.image, mounts=mounts) as container:
        reached = map_coverage(container, passing, sources, timeout_s=_SECONDS)
        settings = CutSettings(step_in=step_in)
        about = {"digest": record.source_digest, "native": place, "timeout_s": _SECONDS}
        for _ in range(2):
            began = time.monotonic()
            tracer = RepositoryTracer(container, files, _LIMITS, settings, **about)  # type: ignore[arg-type]
            made.append((tracer.trace(reached), time.monotonic() - began))
    return _claims(record.repository, reached, made)


def _claims(name: str, reached: list[Reach], made: list[tuple[RepositoryTraces, float]]) -> list[Claim]:
    (found, seconds), (again, _) = made
    traces = [trace for columns in found.columns for trace, _ in traces_of(columns)]
    frames = [len(trace.frames) for trace in traces]
    ids, others = ({h.id for c in one.columns for h in c.heads} for one in (found, again))
    functions = {(r.function.path, r.function.name) for r in reached if r.outcome == "passed"}
    shown = {(frame.file, frame.function) for trace in traces for frame in trace.frames}
    inside = len(functions & shown)
    nested = sum(any(frame.depth for frame in trace.frames) for trace in traces)
    kept = f"{found.traces} of {found.tests} tests, {sum(frames):,} of {found.events:,} events ({seconds:.0f} s)"
    length = f"median {statistics.median(frames):.0f}, longest {max(frames)}; {nested} with calls inlined"
    ends = Counter(str(trace.cut) if trace.cut else "whole" for trace in traces)
    tests = sum(is_test_name(trace.entry.partition(":")[0]) for trace in traces)
    refused = ", ".join(f"{count:,} {reason}" for reason, count in found.refused.most_common() if count)
    return [
        Claim(claim=f"{name}: traces", value=kept, bar="some", holds=bool(traces)),
        Claim(claim=f"{name}: frames of a trace", value=length, bar="none", holds=True),
        Claim(claim=f"{name}: ends", value=", ".join(f"{n} {end}" for end, n in ends.items()), bar="none", holds=True),
        Claim(claim=f"{name}: entries that are tests", value=f"{tests} of {found.traces}", bar="none", holds=True),
        Claim(claim=f"{name}: refused", value=refused, bar="none", holds=True),
        Claim(
            claim=f"{name}: functions that passing tests reach and a trace shows",
            value=f"{inside} of {len(functions)}",
            bar=">= 90 %",
            holds=inside >= 0.9 * len(functions),
        ),
        Claim(claim=f"{name}: ids again", value=f"{len(ids ^ others)} differ", bar="0", holds=ids == others),
    ]


def main() -> int:
    """Build, record, cut up; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one project only")
    parser.add_argument("--step-in", type=float, default=CutSettings().step_in)
    arguments = parser.parse_args()
    claims = []
    with Engine() as engine:
        for text in PROJECTS[:1] if arguments.quick else PROJECTS:
            spec = parse_spec(f"pypi:{text}")
            tree = fetch(spec, pip=read_host_pip())
            record = build_image(engine, spec, tree, BuildSettings(test_runs=1))
            print(f"{text}: {record.status} {record.reason}", file=sys.stderr, flush=True)
            if record.executable:
                claims += measure(engine, record, tree, arguments.step_in)
    built = len({claim.claim.partition(":")[0] for claim in claims})
    claims.append(Claim(claim="projects", value=str(built), bar=">= 1", holds=built >= 1))
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
