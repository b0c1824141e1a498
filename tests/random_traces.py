"""Random traces that follow the interpreter's rules, as a hypothesis strategy."""

from hypothesis import strategies as st

from trajectories.frame import Frame, FrameKind
from trajectories.trace_record import Trace

_NAMES = st.sampled_from(["x", "total", "é", ".0"])
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(repr) | st.just("'<|frame_sep|>'")
_LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12).map(
    lambda t: t + "\n"
)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Walk at random through calls, lines, returns and exceptions until the entry function has ended."""
    frames = [_state(draw, FrameKind.CALL, 0, {})]
    states = [frames[0].locals]
    for _ in range(draw(st.integers(0, 25))):
        move = draw(st.sampled_from(["line", "line", "call", "return", "exception"]))
        if move == "call" and len(states) < 4:
            frames.append(_state(draw, FrameKind.CALL, len(states), {}))
            states.append(frames[-1].locals)
        elif move == "return" and len(states) > 1:
            frames.append(_leave(draw, FrameKind.RETURN, len(states) - 1, frames))
            states.pop()
        elif move == "exception":
            for scopes_left in range(draw(st.integers(1, len(states)))):
                if scopes_left:
                    states.pop()
                frames.append(_leave(draw, FrameKind.EXCEPTION, len(states) - 1, frames))
            # The handler runs in the scope whose exception frame came last.
            frames.append(_state(draw, FrameKind.LINE, len(states) - 1, states[-1]))
            states[-1] = frames[-1].locals
        else:
            frames.append(_state(draw, FrameKind.LINE, len(states) - 1, states[-1]))
            states[-1] = frames[-1].locals
    frames += [_leave(draw, FrameKind.RETURN, depth, frames) for depth in reversed(range(len(states)))]
    return Trace(entry="f", source=draw(_LINES), frames=tuple(frames))


def _state(draw: st.DrawFn, kind: FrameKind, depth: int, old: dict[str, str]) -> Frame:
    state = {**old, **draw(st.dictionaries(_NAMES, _TEXTS, max_size=3))}
    return Frame(kind=kind, depth=depth, line_number=0, source_line=draw(_LINES), locals=state)


def _leave(draw: st.DrawFn, kind: FrameKind, depth: int, before: list[Frame]) -> Frame:
    states = [frame for frame in before if frame.depth == depth and frame.value is None]
    line = states[-1].source_line
    return Frame(kind=kind, depth=depth, line_number=0, source_line=line, locals={}, value=draw(_TEXTS))
