"""Compressed source: what a trace cut out of a test shows of a project's files, bounded in characters.

Whole are the functions whose frames appear; of what these stand in (classes, outer functions) there are the first lines,
and of the functions that are stepped over signature and docstring, as long as there is room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collectors.events import CodeSeen
from collectors.source_context import START, SourceTexts, definition
from collectors.source_outline import Definition, outline


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    """Lines of a file that are shown, those that it stands for, and what follows in place of the others."""

    file: str
    first: int
    end: int
    last: int
    rest: str = ""


class CompressedSources:
    """Contexts from `texts`, none of over `most` characters."""

    def __init__(self, texts: SourceTexts, most: int) -> None:
        self._texts = texts
        self._most = most
        self._outlines: dict[str, list[Definition]] = {}
        self._made: dict[tuple[tuple[CodeSeen, ...], ...], str | None] = {}

    def context(self, codes: Sequence[CodeSeen], stepped_over: Sequence[CodeSeen]) -> str | None:
        """Return the source of a trace that ran the codes, its entry function first; None where it has too many characters.

        It begins with a newline and is in the order of the files; the entry carries the start-of-trace comment.
        """
        key = (tuple(codes), tuple(stepped_over))
        if key not in self._made:
            self._made[key] = self._make(codes, stepped_over)
        return self._made[key]

    def _make(self, codes: Sequence[CodeSeen], stepped_over: Sequence[CodeSeen]) -> str | None:
        spans = _distinct({span for code in codes for span in self._whole(code)})
        text = self._text(spans, codes[0])
        if len(text) > self._most:
            return None
        heads = [self._head(code) for code in dict.fromkeys(stepped_over)]
        every = self._text(_distinct(spans.union(*heads)), codes[0])
        if len(every) <= self._most:
            return every
        for head in heads:
            more = _distinct(spans | head)
            longer = self._text(more, codes[0])
            if len(longer) <= self._most:
                spans, text = more, longer
        return text

    def _whole(self, code: CodeSeen) -> set[_Span]:
        last = code.first_line + max(1, len(self._texts.block(code.file, code.first_line))) - 1
        return {*self._around(code), _Span(code.file, code.first_line, last, last)}

    def _head(self, code: CodeSeen) -> set[_Span]:
        found = [d for d in self._outline(code.file) if d.first == code.first_line]
        if not found:
            return set()
        rest = f"{found[0].indent}...\n" if found[0].indent and found[0].described < found[0].last else ""
        return {*self._around(code), _Span(code.file, found[0].first, found[0].described, found[0].last, rest)}

    def _around(self, code: CodeSeen) -> Iterator[_Span]:
        for outer in self._outline(code.file):
            if outer.first < code.first_line <= outer.last:
                yield _Span(code.file, outer.first, outer.header, outer.last)

    def _outline(self, file: str) -> list[Definition]:
        if file not in self._outlines:
            self._outlines[file] = outline(self._texts.lines(file))
        return self._outlines[file]

    def _text(self, spans: set[_Span], entry: CodeSeen) -> str:
        mark = entry.first_line + definition(self._texts.block(entry.file, entry.first_line))
        parts: list[str] = []
        before: _Span | None = None
        for span in sorted(spans):
            # What stands in a class or a function follows its first lines at once.
            if before is None or not (before.file == span.file and span.last <= before.last):
                parts.append("\n")
            for number in range(span.first, span.end + 1):
                line = self._texts.line(span.file, number)
                marked = (span.file, number) == (entry.file, mark)
                parts.append(line.rstrip("\n") + START + "\n" if marked else line)
            parts.append(span.rest)
            before = span
        return "".join(parts)


def _distinct(spans: set[_Span]) -> set[_Span]:
    """Return the spans without those whose lines are all shown by another."""
    return {span for span in spans if not any(_holds(other, span) for other in spans)}


def _holds(one: _Span, other: _Span) -> bool:
    if one.file != other.file or one.first > other.first or other.end > one.end:
        return False
    return (one.first, one.end) != (other.first, other.end) or one < other
