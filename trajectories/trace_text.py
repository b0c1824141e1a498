"""Trace text: a trace as lines of text for people, in pieces that a terminal may colour."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trajectories.trace_record import Trace
from trajectories.trace_tree import RowKind, TreeRow, tree_rows

# Beside code that is wider than this, changes do not stand in one column.
_WIDEST = 56
# Changes go below their line rather than into fewer columns than this; a value is cut to no fewer than the other.
_NARROWEST = 24
_LEAST = 8
_GAP = 3
_MARKS = {RowKind.CALL: "→ ", RowKind.RETURN: "← ", RowKind.EXCEPTION: "✗ "}
# A control character in a source line or a value must not reach a terminal.
_PICTURES = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), "·")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line, and what it is: `guide`, `number`, `code`, `back`, `file`, `name`, `new`, `changed`, `gone`, or the
    kind of its row: `call`, `return`, `exception`."""

    text: str
    role: str


def trace_lines(trace: Trace, width: int | None = None) -> Iterator[list[Piece]]:
    """Yield the lines of a trace, each at most `width` columns wide; without a width nothing is cut."""
    rows = tree_rows(trace)
    digits = len(str(max((row.line for row in rows), default=0)))
    lefts = [_cut_line(_left(row, digits, width), width) for row in rows]
    widest = min(_WIDEST, width // 2) if width else _WIDEST
    used = [_cells_of(left) for left, row in zip(lefts, rows, strict=True) if row.changes]
    column = max((cells for cells in used if cells <= widest), default=0) + _GAP
    for row, left in zip(rows, lefts, strict=True):
        yield from _laid(row, left, column, width)


def trace_text(trace: Trace, width: int | None = None) -> str:
    """Return the lines of a trace as one text, without colours."""
    return "\n".join("".join(piece.text for piece in line) for line in trace_lines(trace, width))


def cut_middle(text: str, width: int) -> str:
    """Return the text, or its beginning and end around `…` where it is wider than `width` columns."""
    if len(text) <= width and _cells(text) <= width:
        return text
    room = max(1, width - 1)
    head, tail = _fitting(text, (room + 1) // 2), _fitting(text[::-1], room // 2)[::-1]
    return f"{head}…{tail}"


def _left(row: TreeRow, digits: int, width: int | None) -> list[Piece]:
    guides = Piece(_guides(row.depth, width), "guide")
    if row.kind in (RowKind.LINE, RowKind.BACK):
        role = "code" if row.kind is RowKind.LINE else "back"
        return [guides, Piece(f"{row.line:{digits}d}  ", "number"), Piece(" " * row.indent + _safe(row.text), role)]
    made = [guides, Piece(_MARKS[row.kind], row.kind), Piece(_safe(row.text), row.kind)]
    return [*made, Piece(f"  {_safe(row.file)}", "file")] if row.file else made


def _laid(row: TreeRow, left: list[Piece], column: int, width: int | None) -> Iterator[list[Piece]]:
    """Yield the row's line, and more lines below it for changes that do not fit beside it."""
    line, at, start = left, _cells_of(left), max(column, _cells_of(left) + _GAP)
    room = None if width is None else max(_LEAST, width - column)
    for number, (name, text) in enumerate(row.changes):
        beside = None if width is None or number else width - start
        pieces = _change(name, text, row, room if beside is None or beside < _NARROWEST else beside)
        if width is not None and start + _cells_of(pieces) > width:
            yield line
            line = [Piece(_guides(row.depth + (row.kind is RowKind.CALL), width), "guide")]
            at, start = _cells_of(line), max(column, _cells_of(line))
        line = [*line, Piece(" " * (start - at), "guide"), *pieces]
        at = start + _cells_of(pieces)
        start = at + 2
    yield line


def _change(name: str, text: str | None, row: TreeRow, room: int | None) -> list[Piece]:
    if text is None:
        return [Piece(f"del {name}", "gone")]
    text = _safe(text)
    if room is not None:
        name = cut_middle(name, room // 2)
        text = cut_middle(text, room - _cells(name) - 3)
    return [Piece(name, "name"), Piece(" = ", "guide"), Piece(text, "changed" if name in row.known else "new")]


def _cut_line(left: list[Piece], width: int | None) -> list[Piece]:
    """Return the pieces with the last one cut, and what is behind it left out, where all are wider than `width`."""
    if width is None or _cells_of(left) <= width:
        return left
    *before, text = left[:3]
    return [*before, Piece(cut_middle(text.text, max(_LEAST, width - _cells_of(before))), text.role)]


def _guides(depth: int, width: int | None) -> str:
    """Return a bar for each open call; where they would take over a third of the width, some bars and their number."""
    bars = "│ " * depth
    if width is None or len(bars) <= width // 3:
        return bars
    number = f"┆{depth} "
    return "│ " * ((width // 3 - len(number)) // 2) + number


def _safe(text: str) -> str:
    return text if text.isprintable() else text.translate(_PICTURES)


def _cells_of(pieces: Sequence[Piece]) -> int:
    return sum(_cells(piece.text) for piece in pieces)


def _cells(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cell, text))


def _cell(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200b\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _fitting(text: str, width: int) -> str:
    """Return the longest beginning of the text that takes at most `width` columns."""
    taken = 0
    for place, character in enumerate(text):
        taken += _cell(character)
        if taken > width:
            return text[:place]
    return text
