"""Suite recording: chosen tests run under the tracer, recorded whole and cut up into traces of functions."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.events import CodeSeen, Stream, read_stream
from collectors.gathered_events import only
from collectors.ship import run_with_guest
from collectors.source_context import SourceTexts
from collectors.trace_cuts import CutRule, cut_up
from collectors.trace_digests import trace_digests
from images.container import Container
from images.health import TestSelection

_MOST_CALLS_FROM_OUTSIDE = 1000
# A clock that is read in whole seconds shows another value after this.
_PAUSE_SECONDS = 1.1
# Tests as they are written: pytest's own assertions keep values in names like `@py_assert1`, which a trace would show.
_PLAIN = ("--assert=plain",)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLimits:
    """What is recorded of one test: calls nested so deep in its first, so many events and bytes, in so many seconds."""

    depth: int
    events: int
    size: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A trace cut out of a recording: its test, which call of the test from outside was recorded, and which call it is in it.

    `digest` is that of its content; `stepped_over` has the codes of the calls that have traces of their own.
    """

    test: str
    recording: int
    place: int
    digest: str
    stepped_over: list[CodeSeen]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Recorded tests: those that `passed`, their traces, `pieces` in the order of the stream's, and what was refused."""

    passed: frozenset[str]
    stream: Stream
    pieces: list[Piece]
    events: int
    refused: "Counter[str]"


class SuiteRecorder:
    """Records tests in a container and cuts them up by the rule.

    `texts` has all Python files of the repository, its tests too; `native` is the path of the compiled engine there, and
    `key` tells this repository from others, so that the cuts differ.
    """

    def __init__(
        self,
        container: Container,
        texts: SourceTexts,
        limits: RecordingLimits,
        rule: CutRule,
        *,
        key: str = "",
        native: str | None = None,
    ) -> None:
        self._container = container
        self._texts = texts
        self._rule = rule
        self._key = key
        self._seconds = limits.seconds
        bounds = {"events": limits.events, "size": limits.size, "depth": limits.depth, "seconds": limits.seconds}
        self._settings: Mapping[str, object] = {
            "shown": texts.files(),
            "native": native,
            "limits": bounds,
            "traces": _MOST_CALLS_FROM_OUTSIDE,
            "events": limits.events,
            "bytes": limits.size,
            "seed": 0,
        }

    def record(self, tests: Sequence[str]) -> Recorded:
        """Run the tests once and return the traces of those that passed."""
        chosen = TestSelection(ids=list(tests), options=_PLAIN)
        run, output = run_with_guest(
            self._container, "worldline_trace_all_plugin", self._settings, chosen=chosen, timeout_s=self._seconds
        )
        passed = frozenset(run.ids("passed"))
        whole = read_stream(output)
        about = [(seen.attributes.get("test"), seen.attributes.get("number")) for seen in whole.traces]
        numbers = [n for n, named in enumerate(about) if list(map(type, named)) == [str, int] and named[0] in passed]
        stream, origins = only(whole, numbers), [about[n] for n in numbers]
        keys = [f"{self._key} {test} {number}" for test, number in origins]
        made = cut_up(stream, keys, self._rule, self._texts.is_function)
        rows = zip(made.recording_T.tolist(), made.place_T.tolist(), strict=True)
        parts = zip(rows, trace_digests(made.stream, self._texts.shown), made.stepped_over, strict=True)
        pieces = [
            Piece(test=origins[n][0], recording=origins[n][1], place=place, digest=digest, stepped_over=over)
            for (n, place), digest, over in parts
        ]
        events = len(stream.events.kind_E)
        refused = made.refused + Counter({"of tests that did not pass": len(about) - len(numbers)})
        return Recorded(passed=passed, stream=made.stream, pieces=pieces, events=events, refused=refused)

    def record_twice(self, tests: Sequence[str]) -> Recorded:
        """Run the tests twice, over a second apart, and return the traces that both runs had alike."""
        began = time.monotonic()
        one = self.record(tests)
        time.sleep(max(0.0, began + _PAUSE_SECONDS - time.monotonic()))
        other = self.record(tests)
        again = {(p.test, p.recording, p.place): p.digest for p in other.pieces}
        kept = [n for n, p in enumerate(one.pieces) if again.get((p.test, p.recording, p.place)) == p.digest]
        refused = one.refused + Counter({"another when recorded again": len(one.pieces) - len(kept)})
        return Recorded(
            passed=one.passed & other.passed,
            stream=only(one.stream, kept),
            pieces=[one.pieces[n] for n in kept],
            events=one.events,
            refused=refused,
        )
