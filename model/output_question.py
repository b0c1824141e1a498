"""The output question: what does this call return?"""

from model.render import Piece, render_context, render_frames
from trajectories.frame import FrameKind
from trajectories.trace_record import Trace


def output_question(trace: Trace) -> tuple[list[Piece], list[Piece]] | None:
    """Return CWM's single-step prompt (context, call frame, return_sep and the last line) and the value that answers it.

    None for a trace that did not end in a return, and for that of a whole program, which returns nothing.
    """
    end = trace.result
    if end is None or end.kind is not FrameKind.RETURN or end.function == "<module>":
        return None
    first, *_, last = render_frames(trace.frames)
    return [*render_context(trace.source), *first, *last[:-2]], last[-2:]
