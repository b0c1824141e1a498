"""Task traces: chosen tests recorded whole in a container, in any state of the source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.events import read_stream
from collectors.program_layout import laid_out
from collectors.ship import run_with_guest
from collectors.source_context import SourceTexts
from collectors.stream_frames import frame_columns
from collectors.trace_divergence import Recording
from images.container import Container
from images.health import TestOutcome, TestSelection
from trajectories.frame_columns import frames_array

_MOST_CALLS_FROM_OUTSIDE = 1000
# Tests as they are written: pytest's own assertions keep values in names like `@py_assert1`, which a trace would show.
_PLAIN = ("--assert=plain",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTraceSettings:
    """What is recorded of tasks: so many failing `tests` of each, calls nested so deep, so many events and bytes of each test.

    Of both recordings so many `frames` are kept. Of `episodes` of each repository the states behind their edits are
    recorded too: none by itself, for each edit is a run.
    """

    tests: int = 1
    depth: int = 30
    events: int = 20_000
    size: int = 4_000_000
    frames: int = 2_000
    episodes: int = 0
    seconds: float = 120

    def __post_init__(self) -> None:
        for name in ("depth", "events", "size", "frames", "seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")
        for name in ("tests", "episodes"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be 0 or more")


class TestRecorder:
    """Records tests of a repository in a container; `native` is the path of the compiled engine there."""

    __test__ = False

    def __init__(self, container: Container, settings: TaskTraceSettings, *, native: str | None = None) -> None:
        self._container = container
        self._settings = settings
        self._native = native

    def record(
        self, tests: Sequence[str], files: Mapping[str, str]
    ) -> tuple[dict[str, Recording], dict[str, TestOutcome]]:
        """Run the tests with the container's files as they are, whose texts are `files`; return recordings and outcomes."""
        root, settings = self._container.root, self._settings
        texts = SourceTexts({f"{root}/{path}": text for path, text in files.items()}, root=root)
        limits = {
            "events": settings.events,
            "size": settings.size,
            "depth": settings.depth,
            "seconds": settings.seconds,
        }
        asked: dict[str, object] = {
            "shown": texts.files(),
            "native": self._native,
            "limits": limits,
            "traces": _MOST_CALLS_FROM_OUTSIDE,
            "events": settings.events,
            "bytes": settings.size,
            "seed": 0,
        }
        chosen = TestSelection(ids=list(tests), options=_PLAIN)
        run, output = run_with_guest(
            self._container, "worldline_trace_all_plugin", asked, chosen=chosen, timeout_s=settings.seconds
        )
        return _by_test(output, texts), dict(run.outcomes)


def _by_test(output: bytes, texts: SourceTexts) -> dict[str, Recording]:
    stream = laid_out(read_stream(output))
    rows = frames_array(frame_columns(stream, texts.line, texts.shown)).to_pylist()
    found: dict[str, list[int]] = {}
    for number, seen in enumerate(stream.traces):
        if isinstance(seen.attributes.get("test"), str):
            found.setdefault(seen.attributes["test"], []).append(number)
    recordings = {}
    for test, numbers in found.items():
        cuts = [stream.traces[number].cut for number in numbers if stream.traces[number].cut]
        frames = [frame for number in numbers for frame in rows[number]]
        recordings[test] = Recording(frames=frames, cut=str(cuts[0]) if cuts else "")
    return recordings
