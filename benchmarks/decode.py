"""Decoding the guest's streams into Parquet: events per second of CPU time, and bytes per event.

    python -m benchmarks.decode [--json] [--quick]

Three programs are traced by the settrace engine in this process: traces of 400 events at most, as collection makes them, of
a loop of arithmetic, of growing containers, and of functions of the standard library; and the loop once more in traces of
10,000 events. What is timed is all from the bytes of the stream to the shard: decoding, Arrow, Parquet, and the store's
reading back; once to warm up, then the best of three. JSON lines hold a trace each, its frames with their whole states, and
are compressed by zstd at its default level. Shown beside the bar are the same lines at the shards' level, and lines that
hold only what changed, at that level.

The functions of the standard library are recorded once more as tests are, whole and 30 calls deep, and cut up into traces
as collection does with probability 0.5; all that are distinct are kept, where collection keeps a few of each function.
"""

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from types import CodeType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import traced_programs
from benchmarks.table import Claim, print_claims
from collectors.compressed_source import CompressedSources
from collectors.events import read_stream
from collectors.source_context import SourceTexts
from collectors.stream_frames import codes_of
from collectors.trace_cuts import CutRule, cut_up
from collectors.trace_digests import trace_digests
from collectors.tracing import Named, decode, trace_columns
from trajectories.encodings import LEVEL
from trajectories.origin import Origin
from trajectories.rows import from_row
from trajectories.schema import TRAJECTORIES
from trajectories.shard import write_shard
from trajectories.trace_table import trace_table

_ORIGIN = Origin(
    repository="benchmark",
    source_digest="",
    licence="",
    image="",
    python_version="",
    collector="",
    seed=0,
    split="train",
)
_DEFAULT_LEVEL = 3
_PIECE = 1 << 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A program to trace: what to call with a seed, the files whose code is shown, and the bound of a trace."""

    name: str
    call: Callable[[int], object]
    shown: tuple[str, ...]
    events: int
    depth: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What came of one workload: events, CPU seconds, and bytes."""

    events: int
    seconds: float
    stream: int
    shard: int
    lines: int
    lines_hard: int
    changed_lines_hard: int


def workloads() -> list[Workload]:
    """Return the workloads."""
    own = (traced_programs.__file__,)
    library = tuple(str(module.__file__) for module in traced_programs.LIBRARY)
    arithmetic, containers = traced_programs.arithmetic, traced_programs.containers
    return [
        Workload(name="arithmetic", call=lambda seed: arithmetic(95, seed), shown=own, events=400),
        Workload(name="arithmetic, long", call=lambda seed: arithmetic(2400, seed), shown=own, events=10_000),
        Workload(name="containers", call=lambda seed: containers(76, seed), shown=own, events=400),
        Workload(name="standard library", call=traced_programs.library, shown=library, events=400),
    ]


def record(workload: Workload, events: int) -> bytes:
    """Return the stream of as many calls as it takes to write so many events."""
    sys.path.append(str(files("collectors") / "guest"))
    from worldline_recorder import Limits
    from worldline_settrace import SettraceHook

    out, written = io.BytesIO(), 0

    def wanted(code: CodeType) -> dict[str, str]:
        nonlocal written
        written += 1
        return {"id": str(written)}

    def shown(code: CodeType) -> bool:
        return code.co_filename in workload.shown and not code.co_name.startswith("<")

    hook = SettraceHook(out.write, wanted, shown, Limits(events=workload.events, size=10**9, depth=workload.depth))
    seed, looked = 1, 0
    while True:
        hook.install()
        workload.call(7919 * seed)
        hook.remove()
        seed += 1
        if out.tell() > 1.1 * looked:
            looked = out.tell()
            if len(read_stream(out.getvalue()).events.kind_E) >= events:
                return out.getvalue()


def to_shard(data: bytes, shown: tuple[str, ...], path: Path) -> pa.Table:
    """Decode the stream and write its traces to a shard, as the job does."""
    texts = SourceTexts({file: Path(file).read_text() for file in shown})
    traces = decode(data, {str(number): "f" for number in range(1, data.count(b'{"id":') + 1)}, texts)
    table = trace_table(traces, _ORIGIN)
    write_shard(path, table, TRAJECTORIES)
    return table


def cut_to_shard(data: bytes, shown: tuple[str, ...], path: Path) -> pa.Table:
    """Decode the stream, cut it up and write the distinct traces to a shard."""
    texts = SourceTexts({file: Path(file).read_text() for file in shown})
    sources = CompressedSources(texts, most=10**9)
    stream = read_stream(data)
    rule = CutRule(step_in=0.5, depth=3, events=400, size=200_000)
    made = cut_up(stream, [str(number) for number in range(len(stream.traces))], rule, texts.is_function)
    digests = trace_digests(made.stream, texts.shown)
    distinct = dict(zip(digests, range(len(digests)), strict=True))
    codes = codes_of(made.stream)
    kept = [
        Named(number=n, id=digest, entry="f", source=sources.context(codes[n], made.stepped_over[n]) or "")
        for digest, n in distinct.items()
    ]
    table = trace_table(trace_columns(made.stream, kept, texts), _ORIGIN)
    write_shard(path, table, TRAJECTORIES)
    return table


def measure_cuts(events: int) -> Claim:
    """Record the standard library's functions whole, cut them up four times and return the claim."""
    shown = tuple(str(m.__file__) for m in (*traced_programs.LIBRARY, traced_programs))
    workload = Workload(name="whole", call=traced_programs.library, shown=shown, events=20_000, depth=30)
    data, seconds = record(workload, events), []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(4):
            began = time.process_time()
            table = cut_to_shard(data, shown, Path(folder) / "shard.parquet")
            seconds.append(time.process_time() - began)
    found = len(read_stream(data).events.kind_E)
    rate = found / min(seconds[1:])
    return Claim(
        claim=f"recorded whole: {found:,} events cut up, to Parquet, per CPU second",
        value=f"{rate:,.0f} ({len(table):,} traces with {_frames(table):,} frames)",
        bar=">= 300,000",
        holds=rate >= 300_000,
    )


def measure(workload: Workload, events: int) -> Measured:
    """Record the workload, decode it four times and return the best, with the bytes of each form."""
    data, seconds = record(workload, events), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shard.parquet"
        for _ in range(4):
            began = time.process_time()
            table = to_shard(data, workload.shown, path)
            seconds.append(time.process_time() - began)
        shard = path.stat().st_size
    return Measured(
        events=_frames(table),
        seconds=min(seconds[1:]),
        stream=len(data),
        shard=shard,
        lines=_compressed(_lines(table), _DEFAULT_LEVEL),
        lines_hard=_compressed(_lines(table), LEVEL),
        changed_lines_hard=_compressed(_changed_lines(table), LEVEL),
    )


def _frames(table: pa.Table) -> int:
    return pc.sum(pc.list_value_length(pc.struct_field(table["trace"], "frames"))).as_py()


def _lines(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=20):
        for row in batch.to_pylist():
            trace = from_row(row).trace
            assert trace is not None
            yield {**{name: value for name, value in row.items() if value and name != "trace"}, **asdict(trace)}


def _changed_lines(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=20):
        for row in batch.to_pylist():
            for frame in row["trace"]["frames"]:
                frame["changed"] = {change["name"]: change["text"] for change in frame["changed"]}
            yield row


def _compressed(rows: Iterator[dict[str, Any]], level: int) -> int:
    """Return the bytes of the rows as JSON lines after zstd, which sees some 32 MB at a time."""
    codec, total, gathered = pa.Codec("zstd", compression_level=level), 0, bytearray()
    for row in rows:
        gathered += json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        if len(gathered) >= _PIECE:
            total += codec.compress(bytes(gathered)).size
            gathered.clear()
    return total + codec.compress(bytes(gathered)).size


def _claims(workload: Workload, found: Measured) -> list[Claim]:
    per = found.events
    rate, ratio = per / found.seconds, found.shard / found.lines
    stream = f"{found.stream / per:.1f} bytes"
    parquet = (
        f"{found.shard / per:.2f} bytes, {ratio:.0%} of {found.lines / per:.2f} (level {LEVEL}: "
        f"{found.shard / found.lines_hard:.0%}, changes alone: {found.shard / found.changed_lines_hard:.0%})"
    )
    bound = workload.name == "arithmetic, long"
    return [
        Claim(
            claim=f"{workload.name}: {per:,} events to Parquet, per CPU second",
            value=f"{rate:,.0f}",
            bar=">= 300,000",
            holds=rate >= 300_000,
        ),
        Claim(
            claim=f"{workload.name}: stream per event",
            value=stream,
            bar="<= 12" if bound else "none",
            holds=not bound or found.stream <= 12 * per,
        ),
        Claim(
            claim=f"{workload.name}: Parquet per event, of zstd JSON lines",
            value=parquet,
            bar="<= 40 %",
            holds=ratio <= 0.4,
        ),
    ]


def main() -> int:
    """Measure every workload and print the claims; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="50,000 events of each program instead of 500,000")
    arguments = parser.parse_args()
    events = 50_000 if arguments.quick else 500_000
    claims = [claim for workload in workloads() for claim in _claims(workload, measure(workload, events))]
    claims.append(measure_cuts(events))
    return print_claims(claims, as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
