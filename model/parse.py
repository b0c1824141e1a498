"""Parse: the one reader of the trace format, strict, for what we wrote and for what a model writes."""

import json
import re
from collections.abc import Sequence

from model.errors import FormatError
from model.open_scopes import OpenScopes
from model.render import UNCHANGED, Control, Piece
from model.vocabulary import reserved_names
from trajectories.frame import Frame, FrameKind
from trajectories.scope_state import ScopeStates

_CONTROL = re.compile(r"<\|(" + "|".join(map(re.escape, reserved_names())) + r")\|>")


def split_text(text: str) -> list[Piece]:
    """Return the pieces of a text in which control tokens are spelt out."""
    pieces: list[Piece] = []
    at = 0
    for found in _CONTROL.finditer(text):
        if found.start() > at:
            pieces.append(text[at : found.start()])
        pieces.append(Control(found[1]))
        at = found.end()
    return [*pieces, text[at:]] if at < len(text) else pieces


def parse(pieces: Sequence[Piece]) -> tuple[str, list[Frame]]:
    """Return the source text and the frames, `..` replaced by the value that it stands for; line numbers are 0.

    Scopes that an exception has closed are told by the frames that follow, see `OpenScopes`. Raises `FormatError` at the
    first frame that is not well formed.
    """
    if len(pieces) < 3 or pieces[:2] != [Control("begin_of_text"), Control("trace_context_start")]:
        raise FormatError("the text does not begin with begin_of_text and trace_context_start")
    source = pieces[2] if isinstance(pieces[2], str) else ""
    rest = list(pieces[3 if source else 2 :])
    if not rest or rest.pop(0) != Control("frame_sep"):
        raise FormatError("no frame_sep stands behind the source text")
    reader = _Reader(source)
    frame: list[Piece] = []
    for piece in rest:
        if piece == Control("end_of_text") and not frame:
            return source, reader.frames
        if piece == Control("frame_sep"):
            reader.take(frame)
            frame = []
        else:
            frame.append(piece)
    if frame:
        raise FormatError(f"the last frame {frame!r} has no end")
    return source, reader.frames


class _Reader:
    def __init__(self, source: str) -> None:
        self.frames: list[Frame] = []
        self._states = ScopeStates()
        self._scopes = OpenScopes(source, self._states)

    def take(self, pieces: Sequence[Piece]) -> None:
        kinds = {Control(f"{kind}_sep"): kind for kind in FrameKind}
        if not pieces or pieces[0] not in kinds:
            raise FormatError(f"frame {list(pieces)!r} begins with no event token")
        kind = kinds[pieces[0]]
        body = _texts_between(pieces[1:])
        if kind in (FrameKind.CALL, FrameKind.LINE):
            frame = self._state_frame(kind, body)
        else:
            frame = self._leaving_frame(kind, body)
        self._states.enter(frame)
        self._scopes.enter(frame)
        self.frames.append(frame)

    def _state_frame(self, kind: FrameKind, body: dict[str, str]) -> Frame:
        if set(body) != {"", "action_sep"}:
            raise FormatError(f"a {kind} frame has parts {sorted(body)!r}: expected a state and an action")
        state = _json(body[""])
        if not isinstance(state, dict) or not all(isinstance(text, str) for text in state.values()):
            raise FormatError(f"state {body['']!r} is not an object of strings")
        depth = self._place(kind, body["action_sep"], state)
        known = self._states.known(kind, depth)
        missing = [name for name, text in state.items() if text == UNCHANGED and name not in known]
        if missing:
            raise FormatError(f"{missing[0]!r} is marked as unchanged but was not shown before")
        full = {name: known[name] if text == UNCHANGED else text for name, text in state.items()}
        return Frame(kind=kind, depth=depth, line_number=0, source_line=body["action_sep"], locals=full)

    def _leaving_frame(self, kind: FrameKind, body: dict[str, str]) -> Frame:
        if set(body) != {"action_sep", "arg_sep"}:
            raise FormatError(f"a {kind} frame has parts {sorted(body)!r}: expected an action and a value")
        value = _json(body["arg_sep"])
        if not isinstance(value, str):
            raise FormatError(f"value {body['arg_sep']!r} is not a string")
        depth = self._place(kind, body["action_sep"], {})
        return Frame(kind=kind, depth=depth, line_number=0, source_line=body["action_sep"], locals={}, value=value)

    def _place(self, kind: FrameKind, source_line: str, state: dict[str, str]) -> int:
        depth = self._scopes.place(kind, source_line, state)
        if depth < 0:
            raise FormatError(f"a {kind} frame stands outside every call")
        return depth


def _texts_between(pieces: Sequence[Piece]) -> dict[str, str]:
    """Return the texts by the control token before them, the first one by the empty name."""
    texts: dict[str, str] = {}
    name = ""
    for piece in pieces:
        if isinstance(piece, Control):
            name = piece.name
            if name in texts:
                raise FormatError(f"a frame has {name!r} twice")
            texts[name] = ""
        else:
            texts[name] = texts.get(name, "") + piece
    return texts


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FormatError(f"{text[:80]!r} is not JSON") from error
