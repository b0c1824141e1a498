"""Open scopes: which scope a frame of the trace format belongs to, which the text itself does not say.

A call opens a scope and a return closes it, but an exception closes scopes without a frame of their own. From an exception
on, a frame may therefore belong to its scope or to one further out: to the innermost that its source line and state fit.
"""

import inspect
from dataclasses import dataclass
from tokenize import TokenError

from model.render import UNCHANGED
from trajectories.frame import Frame, FrameKind
from trajectories.scope_state import ScopeStates

_FUNCTIONS = ("def ", "async def ")
_OPENERS = (*_FUNCTIONS, "class ", "@")
_START = "  # << START_OF_TRACE"


@dataclass(slots=True, kw_only=True)
class _Scope:
    """`lines` are those of its function, none where they are not known; `last` is that of its last call or line frame."""

    lines: frozenset[str]
    last: str
    raised: bool = False


class OpenScopes:
    """Follows the frames of one trace with this source text; `states` must follow them too."""

    def __init__(self, source: str, states: ScopeStates) -> None:
        self._source = source.replace(_START, "").splitlines(keepends=True)
        self._blocks: dict[str, frozenset[str]] = {}
        self._states = states
        self._scopes: list[_Scope] = []
        self._raised_now = False

    def place(self, kind: FrameKind, source_line: str, state: dict[str, str]) -> int:
        """Return the depth of the next frame, given its state as it is written; -1 when no scope is open for it."""
        here = len(self._scopes) - 1
        if kind is FrameKind.CALL or here < 0:
            return here + (kind is FrameKind.CALL)
        candidates = [here]
        while candidates[-1] > 0 and self._scopes[candidates[-1]].raised:
            candidates.append(candidates[-1] - 1)
        if kind is FrameKind.LINE:
            likely = [d for d in candidates if not self._scopes[d].lines or source_line in self._scopes[d].lines]
            fits = [d for d in likely if self._fits(d, state)]
            return next(iter([d for d in fits if not self._loses(d, state)] + fits + likely), here)
        outwards = kind is FrameKind.EXCEPTION and self._raised_now
        order = sorted(candidates, key=lambda depth: (outwards and depth == here, -depth))
        # The line of a return or an exception is that of its scope's last line frame.
        return next((d for d in order if self._scopes[d].last == source_line), here - outwards)

    def enter(self, frame: Frame) -> None:
        """Take the frame as the newest one."""
        del self._scopes[frame.depth + (frame.kind is not FrameKind.CALL) :]
        if frame.kind is FrameKind.CALL:
            self._scopes.append(_Scope(lines=self._lines(frame.source_line), last=frame.source_line))
        elif frame.kind is FrameKind.LINE:
            self._scopes[-1].last = frame.source_line
        elif frame.kind is FrameKind.RETURN:
            self._scopes.pop()
        else:
            self._scopes[-1].raised = True
        self._raised_now = frame.kind is FrameKind.EXCEPTION

    def _fits(self, depth: int, state: dict[str, str]) -> bool:
        known = self._states.known(FrameKind.LINE, depth)
        return all(name in known for name, text in state.items() if text == UNCHANGED)

    def _loses(self, depth: int, state: dict[str, str]) -> bool:
        """Say whether the state would have lost a name there, or would show in full what has not changed."""
        known = self._states.known(FrameKind.LINE, depth)
        return not known.keys() <= state.keys() or any(known.get(name) == text for name, text in state.items())

    def _lines(self, opener: str) -> frozenset[str]:
        if opener not in self._blocks:
            self._blocks[opener] = frozenset(self._block(opener))
        return self._blocks[opener]

    def _block(self, opener: str) -> list[str]:
        """Return the lines of the function that a call of this line enters, or goes on in the middle of."""
        first = next((n for n, line in enumerate(self._source) if line == opener), None)
        if first is not None and not opener.lstrip().startswith(_OPENERS):
            first = self._head(first)
        if first is None:
            return []
        try:
            return inspect.getblock(self._source[first:])
        except (SyntaxError, TokenError):
            return []

    def _head(self, inside: int) -> int | None:
        indent = _indent(self._source[inside])
        for number in range(inside - 1, -1, -1):
            line = self._source[number]
            if line.strip() and _indent(line) < indent:
                indent = _indent(line)
                if line.lstrip().startswith(_FUNCTIONS):
                    return number
        return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
