"""Events to frames: decodes the guest's stream, which it never evaluates, into the frames of traces."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from collectors.errors import GuestStreamError
from trajectories.frame import Frame, FrameKind

_KINDS = {"c": FrameKind.CALL, "l": FrameKind.LINE, "r": FrameKind.RETURN, "x": FrameKind.EXCEPTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSeen:
    """A code object that a trace ran: its file as the interpreter named it, qualified name and first line."""

    file: str
    name: str
    first_line: int


@dataclass(slots=True, kw_only=True)
class DecodedTrace:
    """One trace of the stream: what it began with, its frames, the codes it ran, and what was cut."""

    attributes: dict[str, Any]
    frames: list[Frame] = field(default_factory=list)
    codes: dict[CodeSeen, None] = field(default_factory=dict)
    cut: str | None = "killed"
    values_cut: int = 0


def decode(lines: Iterable[Any], source_line: Callable[[str, int], str]) -> list[DecodedTrace]:
    """Return the traces of a stream; `source_line(file, number)` gives a line with its newline.

    A trace without an end line (the process died) is kept and says `cut="killed"`. Raises `GuestStreamError` for lines
    that no guest of ours writes.
    """
    decoder = _Decoder(source_line)
    for line in lines:
        try:
            decoder.take(line)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise GuestStreamError(f"guest line {str(line)[:120]!r} is not of the stream's form") from error
    return decoder.traces


class _Decoder:
    def __init__(self, source_line: Callable[[str, int], str]) -> None:
        self.traces: list[DecodedTrace] = []
        self._source_line = source_line
        self._codes: dict[int, CodeSeen] = {}
        self._scopes: list[dict[str, str]] = []

    def take(self, line: Any) -> None:
        kind = line[0]
        if kind == "code":
            self._codes[line[1]] = CodeSeen(file=str(line[2]), name=str(line[3]), first_line=int(line[4]))
        elif kind == "begin":
            self.traces.append(DecodedTrace(attributes=dict(line[1])))
            self._scopes = []
        elif kind == "end":
            self.traces[-1].cut, self.traces[-1].values_cut = line[1], int(line[2])
        else:
            self._step(line)

    def _step(self, line: Any) -> None:
        kind, depth, code = _KINDS[line[0]], int(line[1]), self._codes[line[2]]
        trace = self.traces[-1]
        trace.codes[code] = None
        leaves = kind in (FrameKind.RETURN, FrameKind.EXCEPTION)
        trace.frames.append(
            Frame(
                kind=kind,
                depth=depth,
                line_number=int(line[3]),
                source_line=self._source_line(code.file, int(line[3])),
                locals={} if leaves else self._state(kind, depth, line),
                value=str(line[4]) if leaves else None,
            )
        )

    def _state(self, kind: FrameKind, depth: int, line: Any) -> dict[str, str]:
        del self._scopes[depth + 1 :]
        while len(self._scopes) <= depth:
            self._scopes.append({})
        state = {} if kind is FrameKind.CALL else dict(self._scopes[depth])
        for name in line[5]:
            state.pop(name, None)
        state.update({str(name): str(text) for name, text in line[4].items()})
        self._scopes[depth] = state
        return dict(state)
