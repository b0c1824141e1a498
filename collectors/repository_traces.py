"""Repository-level traces: passing tests are recorded whole and cut up, and of the traces the chosen ones are kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from collectors.compressed_source import CompressedSources
from collectors.events import CodeSeen
from collectors.gathered_events import only, shortened
from collectors.line_coverage import Reach
from collectors.source_context import SourceTexts
from collectors.stream_frames import codes_of
from collectors.suite_recording import Recorded, RecordingLimits, SuiteRecorder
from collectors.trace_choice import Candidate, choose_tests, choose_traces
from collectors.trace_cuts import CutRule
from collectors.tracing import Named, TraceLimits, trace_columns
from images.container import Container
from trajectories.trace_table import TraceColumns
from trajectories.trajectory import content_id

COLLECTOR = "test-cuts-1"
# Tests of one run of pytest: what dies together, and what is held in memory before it is known what both runs had alike.
_BATCH = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class CutSettings:
    """How tests are recorded and cut up; a trace's own bounds, and how many are kept, stand in `TraceLimits`.

    `step_in` is the probability that a call is inlined in the trace of its caller. So many `tests` are recorded, calls
    nested `recorded_depth` deep, each up to `test_events` and `test_size` bytes, and no more once there are
    `repository_events`. `source` bounds the characters of a trace's source context.
    """

    step_in: float = 0.5
    tests: int = 200
    test_events: int = 20_000
    test_size: int = 2_000_000
    repository_events: int = 500_000
    recorded_depth: int = 30
    source: int = 20_000

    def __post_init__(self) -> None:
        if not 0 <= self.step_in <= 1:
            raise ValueError(f"step_in is {self.step_in!r}: it must be between 0 and 1")
        for name in self.__slots__[1:]:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")


@dataclass(slots=True, kw_only=True)
class RepositoryTraces:
    """What came of a repository's tests: how many passed, the events of all, traces, and what was refused, by reason."""

    columns: list[TraceColumns] = field(default_factory=list)
    tests: int = 0
    events: int = 0
    refused: "Counter[str]" = field(default_factory=Counter)

    @property
    def traces(self) -> int:
        """Return how many traces were kept."""
        return sum(len(columns.heads) for columns in self.columns)

    def account(self) -> str:
        """Say in one line what was recorded, kept and refused."""
        refused = ", ".join(f"{count:,} {reason}" for reason, count in sorted(self.refused.items()) if count)
        kept = f"{self.traces} traces cut out of {self.tests} tests with {self.events:,} events"
        return f"{kept} (refused: {refused})" if refused else kept


class RepositoryTracer:
    """Traces the tests of a repository in a container; `files` are all its Python files by path, its tests too.

    `digest` is that of its sources, `native` the path of the compiled engine in the container.
    """

    def __init__(
        self,
        container: Container,
        files: Mapping[str, str],
        limits: TraceLimits,
        settings: CutSettings,
        *,
        digest: str,
        seed: int = 0,
        native: str | None = None,
        timeout_s: float = 600,
    ) -> None:
        self._limits = limits
        self._settings = settings
        self._digest = digest
        self._seed = seed
        self._texts = SourceTexts({f"{container.root}/{path}": t for path, t in files.items()}, root=container.root)
        self._sources = CompressedSources(self._texts, settings.source)
        self._mapped: set[tuple[str, int]] = set()
        self._recorder = SuiteRecorder(
            container,
            self._texts,
            RecordingLimits(
                depth=settings.recorded_depth,
                events=settings.test_events,
                size=settings.test_size,
                seconds=timeout_s,
            ),
            CutRule(step_in=settings.step_in, depth=limits.depth, events=limits.events, size=limits.size, seed=seed),
            key=digest,
            native=native,
        )

    def trace(self, reached: Sequence[Reach]) -> RepositoryTraces:
        """Record tests of the coverage map and return the chosen of the traces that two recordings had alike."""
        self._mapped = {(reach.function.path, reach.function.first_line) for reach in reached}
        tests = choose_tests(reached, seed=self._seed, most=self._settings.tests)
        found, batches = RepositoryTraces(), []
        for first in range(0, len(tests), _BATCH):
            batches.append(self._recorder.record_twice(tests[first : first + _BATCH]))
            found.tests += len(batches[-1].passed)
            found.events += batches[-1].events
            found.refused += batches[-1].refused
            if found.events >= self._settings.repository_events:
                break
        self._choose(batches, found)
        return found

    def _choose(self, batches: Sequence[Recorded], found: RepositoryTraces) -> None:
        codes = [codes_of(batch.stream) for batch in batches]
        candidates = self._distinct(batches, codes)
        found.refused["the same as another"] += sum(len(batch.pieces) for batch in batches) - len(candidates)
        sources: dict[tuple[int, int], str | None] = {}

        def accept(candidate: Candidate) -> bool:
            batch, number = place = candidate.batch, candidate.number
            over = batches[batch].pieces[number].stepped_over
            sources[place] = self._sources.context(codes[batch][number], over)
            return sources[place] is not None

        bounds = {"per_function": self._limits.per_function, "per_repository": self._limits.per_repository}
        chosen = choose_traces(candidates, accept, seed=self._seed, **bounds)
        found.refused["source too long"] += list(sources.values()).count(None)
        found.refused["over the bounds"] += len(candidates) - len(sources)
        for number, batch in enumerate(batches):
            kept = [c.number for c in chosen if c.batch == number]
            if kept:
                found.columns.append(self._columns(batch, kept, [sources[number, n] or "" for n in kept]))

    def _columns(self, batch: Recorded, kept: Sequence[int], sources: Sequence[str]) -> TraceColumns:
        stream = only(batch.stream, kept)
        named = []
        for number, (piece, source) in enumerate(zip((batch.pieces[n] for n in kept), sources, strict=True)):
            code = stream.codes[stream.events.code_E[stream.events.starts_T[number]]]
            entry = f"{self._texts.shown(code.file)}:{code.name}"
            key = content_id("test cut", self._digest, entry, piece.digest, COLLECTOR)
            named.append(Named(number=number, id=key, entry=entry, source=source))
        stream.traces = [
            replace(seen, values_cut=count) for seen, count in zip(stream.traces, shortened(stream), strict=True)
        ]
        return trace_columns(stream, named, self._texts)

    def _distinct(self, batches: Sequence[Recorded], codes: Sequence[list[list[CodeSeen]]]) -> list[Candidate]:
        """Return the traces without those whose content is that of an earlier one; `codes` has those that each ran."""
        found: dict[str, Candidate] = {}
        for place, batch in enumerate(batches):
            line_T = batch.stream.events.line_E[batch.stream.events.starts_T[:-1]].tolist()
            for number, (piece, ran, line) in enumerate(zip(batch.pieces, codes[place], line_T, strict=True)):
                functions = [(self._texts.shown(code.file), code.name, code.first_line) for code in ran]
                candidate = Candidate(
                    batch=place,
                    number=number,
                    function=functions[0],
                    test=piece.test,
                    digest=piece.digest,
                    shown=frozenset(f for f in functions if (f[0], f[2]) in self._mapped),
                    resumed=line != ran[0].first_line,
                )
                found.setdefault(piece.digest, candidate)
        return list(found.values())
