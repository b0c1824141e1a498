"""Random streams that follow the interpreter's rules, written by the guest's own writer, as a hypothesis strategy."""

import io
import sys
from importlib.resources import files
from typing import Any

from hypothesis import strategies as st

sys.path.append(str(files("collectors") / "guest"))
from worldline_stream import CALL, EXCEPTION, LINE, RETURN, UNWIND, StreamWriter  # type: ignore

_NAMES = ["x", "total", "é", ".0", "ys"]
_TEXTS = st.sampled_from(["0", "'é'", "[1, 2]", "", "'€𝄞'", "x" * 300])


class _Code:
    co_filename = "/root/a.py"

    def __init__(self, name: str, line: int) -> None:
        self.co_name, self.co_firstlineno = name, line


_MADE = [_Code("f", 1), _Code("g", 40), _Code("é", 300)]


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Write up to three traces, each with up to 30 events, in blocks of random length; their ids are "0", "1", ..."""
    out = io.BytesIO()
    writer = StreamWriter(out.write, {"engine": "random", "python": "3.11"})
    for number in range(draw(st.integers(1, 3))):
        writer.flush()
        writer.block(b"B", {"id": str(number)})
        scopes: list[tuple[_Code, dict[str, str]]] = []
        for move in draw(st.lists(st.sampled_from("cllllrxu"), max_size=30)):
            _move(draw, writer, scopes, move if scopes else "c")
            if draw(st.integers(0, 9)) == 0:
                writer.flush()
        writer.flush()
        if draw(st.booleans()):
            writer.block(b"E", {"cut": draw(st.sampled_from([None, "events"])), "values_cut": 1})
    return out.getvalue()


def _move(draw: st.DrawFn, writer: Any, scopes: list[tuple[_Code, dict[str, str]]], move: str) -> None:
    if move == "c":
        scopes.append((draw(st.sampled_from(_MADE)), {}))
    code, state = scopes[-1]
    number, line = writer.code(code), code.co_firstlineno + draw(st.integers(0, 300))
    if move in "cl":
        wanted = draw(st.dictionaries(st.sampled_from(_NAMES), _TEXTS, max_size=4))
        # What is unchanged is not written; an empty text deletes what is bound.
        changes = {name: text for name, text in wanted.items() if text != state.get(name, "")}
        for name, text in changes.items():
            writer.names.append(writer.name(name))
            writer.texts.append(text)
            if text:
                state[name] = text
            else:
                del state[name]
        writer.event(CALL if move == "c" else LINE, number, line, len(changes))
    elif move in "rx":
        writer.names.append(0)
        writer.texts.append(draw(_TEXTS))
        writer.event(RETURN if move == "r" else EXCEPTION, number, line, 1)
    else:
        writer.event(UNWIND, number, line, 0)
    if move in "ru":
        scopes.pop()
