"""Render: the one writer of the trace format.

The result is a list of pieces, because plain text that contains the characters of a control token must never become one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from trajectories.frame import Frame, FrameKind
from trajectories.scope_state import ScopeStates
from trajectories.trace_record import Trace

UNCHANGED = ".."


@dataclass(frozen=True, slots=True)
class Control:
    """A control token, by its name without the brackets."""

    name: str

    def __str__(self) -> str:
        return f"<|{self.name}|>"


Piece = Control | str


def render(trace: Trace) -> list[Piece]:
    """Return the whole trace; a trace that was cut has no `end_of_text`."""
    pieces: list[Piece] = [*render_context(trace.source)]
    for frame_pieces in render_frames(trace.frames):
        pieces += frame_pieces
    return pieces if trace.cut else [*pieces, Control("end_of_text")]


def render_context(source: str) -> list[Piece]:
    """Return what stands before the first frame."""
    return [Control("begin_of_text"), Control("trace_context_start"), source, Control("frame_sep")]


def render_frames(frames: tuple[Frame, ...]) -> Iterator[list[Piece]]:
    """Yield the pieces of each frame; a value that its scope showed last time too is written `..`."""
    states = ScopeStates()
    for frame in frames:
        known = states.enter(frame)
        if frame.kind in (FrameKind.CALL, FrameKind.LINE):
            state = {n: UNCHANGED if known.get(n) == t else t for n, t in frame.locals.items()}
            text = json.dumps(state, ensure_ascii=False)
            yield [Control(f"{frame.kind}_sep"), text, *_action(frame), Control("frame_sep")]
        else:
            value = json.dumps(frame.value, ensure_ascii=False)
            yield [Control(f"{frame.kind}_sep"), *_action(frame), Control("arg_sep"), value, Control("frame_sep")]


def _action(frame: Frame) -> list[Piece]:
    return [Control("action_sep"), frame.source_line]


def to_text(pieces: list[Piece]) -> str:
    """Return the pieces as one text, for people and for files; it cannot always be told apart again."""
    return "".join(map(str, pieces))
