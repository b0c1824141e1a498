"""Trace tree: a trace as rows for people: calls nested, and beside each line what it changed.

Stored frames hold the state before a line; a row shows what its line did, which is known when the scope goes on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from trajectories.frame import Frame, FrameKind
from trajectories.state_changes import Changes
from trajectories.trace_record import Trace

# The file name of a `main` that was made to hold a call.
OUR_MAIN = "<worldline main>"
_DEFINES = re.compile(r"(async\s+def|def|class|import|from|@)")
_DEFINED = re.compile(r"<(function|class|module|built-in function) ")
_RESUMES = re.compile(r"\b(yield|await)\b|async (for|with)\b")
# What the interpreter puts into a class body or a comprehension.
_PUT_THERE = {
    ".0",
    "__module__",
    "__qualname__",
    "__firstlineno__",
    "__static_attributes__",
    "__classcell__",
    "__annotations__",
}


class RowKind(StrEnum):
    """What a row shows; `BACK` is a line once more: behind the calls that it made, or in the next round of its loop."""

    CALL = "call"
    LINE = "line"
    BACK = "back"
    RETURN = "return"
    EXCEPTION = "exception"


@dataclass(slots=True, kw_only=True)
class TreeRow:
    """One row: `text` is a function's name, a source line without its indentation, or a value.

    `indent` is how far the line is indented within its function; `changes` are names with their new texts, None where the
    name was deleted; `known` names those that had another text before.
    """

    kind: RowKind
    depth: int
    text: str
    line: int = 0
    indent: int = 0
    file: str = ""
    changes: Changes = field(default_factory=list)
    known: frozenset[str] = frozenset()


def tree_rows(trace: Trace) -> list[TreeRow]:
    """Return the rows of a trace; a `main` that only makes the call is left out."""
    builder = _Builder()
    for frame in _without_main(trace.frames):
        builder.take(frame)
    return builder.rows


def _without_main(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Return the frames below a `main` of ours, which makes a call and returns what it returns."""
    inner = [frame for frame in frames if frame.depth > 0]
    if not inner or frames[0].file != OUR_MAIN:
        return frames
    outer = frames[-1] if frames[-1].depth == 0 else None
    if outer is not None and (inner[-1].depth, inner[-1].kind, inner[-1].value) != (1, outer.kind, outer.value):
        return frames
    return [replace(frame, depth=frame.depth - 1) for frame in inner]


class _Builder:
    def __init__(self) -> None:
        self.rows: list[TreeRow] = []
        self._scopes: list[_Scope] = []

    def take(self, frame: Frame) -> None:
        if frame.kind is FrameKind.CALL:
            self._call(frame)
            return
        del self._scopes[frame.depth + 1 :]
        if frame.kind is FrameKind.LINE:
            self._line(frame, self._scopes[frame.depth])
        else:
            self._leave(frame, self._scopes[frame.depth])

    def _call(self, frame: Frame) -> None:
        del self._scopes[frame.depth :]
        file = self._scopes[-1].file if self._scopes else ""
        source = frame.source_line.strip()
        whole = frame.function == "<module>"
        name = frame.file if whole else frame.function or source
        if _RESUMES.search(source) and not _DEFINES.match(source):
            name += " goes on"
        self._scopes.append(_Scope(state=frame.locals, file=frame.file, body=whole))
        row = TreeRow(kind=RowKind.CALL, depth=frame.depth, text=name, changes=_changes({}, frame.locals))
        row.file = frame.file if frame.file not in (file, OUR_MAIN) and not whole else ""
        self.rows.append(row)

    def _line(self, frame: Frame, scope: "_Scope") -> None:
        source = frame.source_line.rstrip().expandtabs(8)
        text = source.lstrip()
        indent = len(source) - len(text)
        if scope.row is None:
            scope.indent = indent
        else:
            self._add_changes(scope.row, scope, frame)
        again = scope.row is not None and scope.row.line == frame.line_number
        kind = RowKind.BACK if again else RowKind.LINE
        scope.row = TreeRow(kind=kind, depth=frame.depth, text=text, line=frame.line_number)
        scope.row.indent = max(0, indent - scope.indent)
        scope.state = frame.locals
        self.rows.append(scope.row)

    def _add_changes(self, row: TreeRow, scope: "_Scope", frame: Frame) -> None:
        """Put what a line changed beside it, or below the calls that it made."""
        changes = _changes(scope.state, frame.locals)
        if _DEFINES.match(row.text):
            changes = [(name, text) for name, text in changes if text is None or not _DEFINED.match(text)]
        if not changes:
            return
        if self.rows[-1] is not row:
            row = replace(row, kind=RowKind.BACK)
            self.rows.append(row)
        row.changes, row.known = changes, frozenset(scope.state)

    def _leave(self, frame: Frame, scope: "_Scope") -> None:
        assert frame.value is not None
        body = scope.body or "__qualname__" in scope.state
        if frame.kind is FrameKind.RETURN and frame.value == "None" and body:
            return
        kind = RowKind.RETURN if frame.kind is FrameKind.RETURN else RowKind.EXCEPTION
        self.rows.append(TreeRow(kind=kind, depth=frame.depth, text=frame.value))


@dataclass(slots=True, kw_only=True)
class _Scope:
    """An open scope: its state, its last line's row, and how far its lines are indented; `body` is a module's."""

    state: dict[str, str]
    file: str
    body: bool
    row: TreeRow | None = None
    indent: int = 0


def _changes(old: dict[str, str], new: dict[str, str]) -> Changes:
    changed: Changes = [(name, text) for name, text in new.items() if old.get(name) != text]
    gone: Changes = [(name, None) for name in old if name not in new]
    return [(name, text) for name, text in [*changed, *gone] if name not in _PUT_THERE]
