"""Function-level traces: each call is a program of its own, a `main` that makes the call, traced twice and kept when equal."""

import json
import secrets
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from collectors.function_inputs import FunctionCall, vary
from collectors.ship import guest_files
from collectors.source_context import SourceTexts
from collectors.stream_blocks import contents
from collectors.tracing import TraceLimits, decode
from images.container import Container
from images.health import GUEST
from trajectories.trace_record import Trace
from trajectories.trace_table import TraceColumns, traces_of
from trajectories.trajectory import Outcome

COLLECTOR = "function-calls-1"
_MAIN = "<worldline main>"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings:
    """How many inputs are recorded and kept of one function, how often each is varied, and the CPU seconds of one call.

    `annotated` is how many inputs are made from the annotations of one function; `true_repr` has objects show themselves by
    their own __repr__, which runs code of the repository.
    """

    recorded: int = 12
    variations: int = 3
    annotated: int = 3
    per_function: int = 4
    per_repository: int = 400
    seconds: float = 5.0
    true_repr: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("recorded", "per_function", "per_repository"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTrace:
    """One call with its trace; `reached` has the steps from line to line that it took."""

    call: FunctionCall
    columns: TraceColumns
    trace: Trace
    outcome: Outcome
    reached: frozenset[object]


class CallTracer:
    """Traces calls in a container; `native` is the path of the compiled engine there, `digest` that of the sources."""

    def __init__(
        self,
        container: Container,
        sources: Mapping[str, str],
        limits: TraceLimits,
        settings: CallSettings,
        *,
        digest: str,
        native: str | None = None,
    ) -> None:
        self._container = container
        self._limits = limits
        self._settings = settings
        self._native = native
        self._digest = digest
        self._files = {f"{container.root}/{path}": text for path, text in sources.items()}
        self._texts = SourceTexts(self._files, root=container.root)

    def explore(self, recorded: Sequence[FunctionCall], annotated: Sequence[FunctionCall] = ()) -> list[CallTrace]:
        """Trace the recorded calls, then variations of those that were kept, then the calls made from annotations.

        A call is kept when it was traced twice with the same result and takes a step from line to line, or has an end,
        that no kept call of the same function had before it.
        """
        kept = self._keep(recorded, [])
        seed, count = self._settings.seed, self._settings.variations
        varied = [other for found in kept for other in vary(found.call, seed=seed, count=count)]
        known = set(recorded)
        kept = self._keep([call for call in dict.fromkeys(varied) if call not in known], kept)
        known.update(varied)
        return self._keep([call for call in annotated if call not in known], kept)

    def _keep(self, calls: Sequence[FunctionCall], kept: list[CallTrace]) -> list[CallTrace]:
        seen: dict[object, set[object]] = {}
        counts: dict[object, int] = {}
        for found in kept:
            seen.setdefault(found.call.function, set()).update(_news(found))
            counts[found.call.function] = counts.get(found.call.function, 0) + 1
        kept = list(kept)
        for found in self.trace(calls):
            function = found.call.function
            known = seen.setdefault(function, set())
            full = counts.get(function, 0) >= self._settings.per_function
            if not full and len(kept) < self._settings.per_repository and not set(_news(found)) <= known:
                known.update(_news(found))
                counts[function] = counts.get(function, 0) + 1
                kept.append(found)
        return kept

    def trace(self, calls: Sequence[FunctionCall]) -> Iterator[CallTrace]:
        """Yield the calls that were traced twice with the same stream, in their order."""
        twice = [call for call in calls for _ in range(2)]
        streams = self._run(twice)
        for number, call in enumerate(calls):
            one, other = streams.get(2 * number), streams.get(2 * number + 1)
            if one is not None and other is not None and contents(one) == contents(other):
                found = self._finish(call, one)
                if found is not None:
                    yield found

    def _run(self, calls: Sequence[FunctionCall]) -> dict[int, bytes]:
        folder = f"{GUEST}/runs/{secrets.token_hex(8)}"
        inside = getattr(self._container, "path_inside", str)
        settings = {
            "output": inside(f"{folder}/output"),
            "shown": list(self._files),
            "limits": {"events": self._limits.events, "size": self._limits.size, "depth": self._limits.depth},
            "native": self._native,
            "true_repr": self._settings.true_repr,
            "seconds": self._settings.seconds,
            "calls": [[self._id(call), call.module, call.text] for call in calls],
        }
        files = {f"{folder}/settings.json": json.dumps(settings).encode(), f"{folder}/output": b""}
        self._container.put({**guest_files(), **files})
        command = [self._container.python, f"{GUEST}/worldline_call_functions.py", f"{folder}/settings.json"]
        longest = 60 + 2 * self._settings.seconds * len(calls)
        self._container.run(command, env={"PYTHONPATH": GUEST}, timeout_s=longest)
        return dict(streams_of(self._container.get([f"{folder}/output"]).get(f"{folder}/output", b"")))

    def _id(self, call: FunctionCall) -> str:
        return call.id(self._digest, COLLECTOR)

    def _finish(self, call: FunctionCall, stream: bytes) -> CallTrace | None:
        texts = self._texts.with_text(_MAIN, f"def main():\n    return {call.text}\n")
        columns = decode(stream, {self._id(call): f"{call.function.path}:{call.text}"}, texts)
        if not columns.heads:
            return None
        trace, outcome = traces_of(columns)[0]
        lines = [(frame.source_line, frame.line_number) for frame in trace.frames if frame.depth]
        reached = frozenset(pairwise(lines))
        return CallTrace(call=call, columns=columns, trace=trace, outcome=outcome, reached=reached)


def _news(found: CallTrace) -> set[object]:
    """Return what a trace may be kept for: its steps, and how it ended."""
    end = found.trace.result
    kind = end.value.partition(":")[0] if end and end.value and found.outcome is Outcome.RAISED else ""
    return {*found.reached, (str(found.outcome), kind)}


def streams_of(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each whole entry of a guest's output."""
    at = 0
    while at + 8 <= len(data):
        number, size = struct.unpack_from("<II", data, at)
        if at + 8 + size > len(data):
            return
        yield number, data[at + 8 : at + 8 + size]
        at += 8 + size
