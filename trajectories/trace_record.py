"""Trace: the frames from one entry point, and the source text that they run through."""

from dataclasses import dataclass

from trajectories.frame import Frame, FrameKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One run of an entry function.

    `source` is the context that a model is shown, with the start-of-trace comment on the entry function.
    `cut` says which bound ended the recording (`events`, `bytes`, `seconds`), or None for a whole trace;
    `values_cut` counts the value texts that were shortened; `arguments` is the entry's first state. `engine` and `python`
    are the tracer's and the interpreter's version that recorded it, empty where they are not known.
    """

    entry: str
    source: str
    frames: tuple[Frame, ...]
    cut: str | None = None
    values_cut: int = 0
    engine: str = ""
    python: str = ""

    def __str__(self) -> str:
        """Return the trace as people read it: a line per step, calls nested, and beside each line what it changed."""
        from trajectories.trace_text import trace_text

        return trace_text(self)

    @property
    def arguments(self) -> dict[str, str]:
        """Return the bound arguments of the entry function, name to text."""
        return self.frames[0].locals if self.frames else {}

    @property
    def result(self) -> Frame | None:
        """Return the frame by which the entry function ended, or None when the trace was cut before."""
        last = self.frames[-1] if self.frames else None
        ended = last is not None and last.depth == 0 and last.kind in (FrameKind.RETURN, FrameKind.EXCEPTION)
        return last if ended else None
