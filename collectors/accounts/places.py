"""Places: finds for each run of a trace where its lines stand in the source context, and what statements they are."""

import ast

from collectors.accounts.activation import Activation
from collectors.accounts.context import Context
from collectors.accounts.statement import FUNCTIONS, Statement, lone_statement, statement_at
from trajectories.frame import Frame


class Places:
    """Follows the runs of one trace from outer to inner, and remembers how a file's lines are counted in the context."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._at: dict[str, list[int]] = {}
        for number, line in enumerate(context.lines, 1):
            self._at.setdefault(line, []).append(number)
        self._shifts: dict[str, list[int]] = {}
        self._statements: dict[tuple[int | None, ast.AST | None, str], Statement] = {}

    def of(self, run: Activation) -> "Place":
        """Return where this run takes place."""
        frames = [run.call, *(moment.frame for moment in run.moments)]
        shift = self._shift(run.call.file, {(f.line_number, _text(f)) for f in frames})
        function = None
        if shift is not None:
            function = self._function(run.call.line_number + shift, run.function.rpartition(".")[2])
        return Place(self, shift, function)

    def statement(self, frame: Frame, shift: int | None, function: ast.AST | None) -> Statement:
        """Return the statement that a frame's line belongs to."""
        line = self._line(frame, shift)
        key = (line, function, "" if line else _text(frame))
        if key not in self._statements:
            found = statement_at(self._context, line, function) if line else None
            self._statements[key] = found or lone_statement(frame.source_line)
        return self._statements[key]

    def _line(self, frame: Frame, shift: int | None) -> int | None:
        if shift is not None:
            return frame.line_number + shift
        alike = self._at.get(_text(frame), [])
        return alike[0] if len(alike) == 1 else None

    def _shift(self, file: str, lines: set[tuple[int, str]]) -> int | None:
        """Return what to add to a line's number in its file; None where the numbers do not fit the context."""
        known = self._shifts.setdefault(file, [])
        number, text = min(lines, key=lambda line: (len(self._at.get(line[1], [])), line))
        for shift in [*known, *(place - number for place in self._at.get(text, []))]:
            if all(self._is(number + shift, text) for number, text in lines):
                if shift not in known:
                    known.append(shift)
                return shift
        return None

    def _is(self, line: int, text: str) -> bool:
        return 0 < line <= len(self._context.lines) and self._context.lines[line - 1] == text

    def _function(self, line: int, name: str) -> ast.AST | None:
        """Return the innermost function of this name that holds a line."""
        found = [
            node
            for node in self._context.functions
            if node.name == name
            if min([node.lineno, *(d.lineno for d in node.decorator_list)]) <= line <= (node.end_lineno or 0)
        ]
        return max(found, key=lambda node: node.lineno, default=None)


class Place:
    """Where one run takes place; `function` is its definition, None for a lambda, a comprehension and what is not found."""

    def __init__(self, places: Places, shift: int | None, function: ast.AST | None) -> None:
        self._places = places
        self._shift = shift
        self.function = function

    def statement(self, frame: Frame) -> Statement:
        """Return the statement that a frame's line belongs to."""
        return self._places.statement(frame, self._shift, self.function)

    def begins(self, frame: Frame) -> bool:
        """Say whether a call frame stands where the function is defined, which that of a resumed generator does not."""
        node = self.function
        if not isinstance(node, FUNCTIONS) or self._shift is None:
            return True
        return frame.line_number + self._shift <= node.lineno


def _text(frame: Frame) -> str:
    return frame.source_line.removesuffix("\n")
