"""Pieces: the change of a source file in parts that can each be taken back alone: the hunks of one function, or one hunk."""

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collectors.entry_points import Function, functions_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines `first` to `last` (counted from 0, the last not included) of the file after, and what stood there before."""

    first: int
    last: int
    old: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The hunks of one function of a file, or one hunk outside of functions, whose `function` is empty."""

    path: str
    function: str
    line_number: int
    hunks: tuple[Hunk, ...]


def pieces_of(path: str, before: str, after: str) -> list[Piece]:
    """Return the pieces of the change of one file, in the order of the file; those that change no behaviour are left out."""
    old, new = _lines(before), _lines(after)
    functions = [f for f in functions_of(path, after) if "<locals>" not in f.name]
    grouped: dict[str, list[Hunk]] = {}
    for kind, old_first, old_last, first, last in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind != "equal":
            hunk = Hunk(first=first, last=last, old=tuple(old[old_first:old_last]))
            function = _function_at(functions, first, max(first, last - 1))
            grouped.setdefault(function or f"line {first}", []).append(hunk)
    made = [
        Piece(
            path=path,
            function="" if name.startswith("line ") else name,
            line_number=hunks[0].first + 1,
            hunks=tuple(hunks),
        )
        for name, hunks in grouped.items()
    ]
    return [piece for piece in made if _behaves(taken_back({path: after}, [piece])[path]) != _behaves(after)]


def _function_at(functions: Iterable[Function], first: int, last: int) -> str | None:
    """Return the outermost function that holds these lines, counted from 0."""
    return next((f.name for f in functions if f.first_line <= first + 1 and last + 1 <= f.last_line), None)


def taken_back(after: Mapping[str, str], pieces: Iterable[Piece]) -> dict[str, str]:
    """Return the texts of the files that the pieces change, with these pieces as they were before."""
    by_path: dict[str, list[Hunk]] = {}
    for piece in pieces:
        by_path.setdefault(piece.path, []).extend(piece.hunks)
    texts = {}
    for path, hunks in by_path.items():
        lines = _lines(after[path])
        for hunk in sorted(hunks, key=lambda hunk: hunk.first, reverse=True):
            lines[hunk.first : hunk.last] = hunk.old
        texts[path] = "".join(lines)
    return texts


def _behaves(text: str) -> str:
    """Return what of a source text can make a difference when it runs: no comment, layout or docstring."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return text
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and body:
            first = body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                del body[0]
    return ast.dump(tree)


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
