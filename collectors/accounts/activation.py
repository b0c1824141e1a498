"""Activation: one run of a code object, from its call or resumption to where it was left, as a tree of such runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trajectories.frame import Frame, FrameKind


@dataclass(slots=True, kw_only=True)
class Moment:
    """A line frame, or the call frame where something happened before the first line, and what happened on it."""

    frame: Frame
    calls: list["Activation"] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Activation:
    """`end` is the return frame, which a yield has too; None for a run that an exception left."""

    call: Frame
    moments: list[Moment] = field(default_factory=list)
    end: Frame | None = None

    def moment(self) -> Moment:
        """Return the newest moment, made where there is none yet."""
        if not self.moments:
            self.moments.append(Moment(frame=self.call))
        return self.moments[-1]

    @property
    def escaped(self) -> str | None:
        """Return the exception that left the run, None where it ended by a value."""
        raised = [text for moment in self.moments for text in moment.raised]
        return raised[-1] if self.end is None and raised else None

    @property
    def function(self) -> str:
        """Return the qualified name of the function, empty where it is not known."""
        name = self.call.function
        if not name and "def " in self.call.source_line:
            name = self.call.source_line.partition("def ")[2].partition("(")[0].strip()
        return name

    def size(self) -> int:
        """Return how many runs are inside this one, itself not counted."""
        return sum(1 for _ in _with_inner(self)) - 1


def activation_of(frames: Sequence[Frame]) -> Activation | None:
    """Return the run of the entry function, all others inside it; None where the frames do not begin with its call."""
    if not frames or frames[0].kind is not FrameKind.CALL or frames[0].depth:
        return None
    open_runs: list[Activation] = []
    for frame in frames:
        if frame.kind is FrameKind.CALL:
            _open(open_runs, frame)
            continue
        del open_runs[frame.depth + 1 :]
        while len(open_runs) <= frame.depth:
            # An exception thrown into a generator resumes it without a call frame.
            _open(open_runs, frame)
        run = open_runs[frame.depth]
        if frame.kind is FrameKind.LINE:
            run.moments.append(Moment(frame=frame))
        elif frame.kind is FrameKind.EXCEPTION:
            run.moment().raised.append(frame.value or "")
        else:
            run.end = frame
            if frame.depth:
                del open_runs[frame.depth :]
    for run in _with_inner(open_runs[0]):
        _forget_goodbye(run)
    return open_runs[0]


def _with_inner(run: Activation) -> Iterator[Activation]:
    waiting = [run]
    while waiting:
        yield (one := waiting.pop())
        waiting += [inner for moment in one.moments for inner in moment.calls]


def _forget_goodbye(run: Activation) -> None:
    """Take back the exception frame that says once more, behind a `finally`, what leaves the run: no statement raised it."""
    if run.end is not None or len(run.moments) < 2 or run.moments[-1].frame.source_line.strip().startswith("raise"):
        return
    before = [text for moment in run.moments[:-1] for text in moment.raised]
    if run.moments[-1].raised and run.moments[-1].raised == before[-1:]:
        run.moments[-1].raised.clear()


def _open(open_runs: list[Activation], frame: Frame) -> None:
    del open_runs[frame.depth :]
    made = Activation(call=frame)
    if open_runs:
        open_runs[-1].moment().calls.append(made)
    open_runs.append(made)
