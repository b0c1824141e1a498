"""Programs file: programs with their tests, one JSON object per line.

{"id": "p1", "problem": "sum", "program": "print(...)", "tests": [{"stdin": "1 2\\n", "expected": "3\\n"}]}, where `problem` may
be missing; or a row of CodeContests, whose Python 3 solutions, right and wrong, become programs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from collectors.errors import CollectorError

_FIELDS = ("id", "program", "tests")
# CodeContests numbers its languages: 3 is Python 3.
_PYTHON_3 = 3
# A row of CodeContests has hundreds of programs and is long; a part of such rows is done within an hour.
_PART_BYTES = 8 << 20
_TESTS = ("public_tests", "private_tests", "generated_tests")


class BadProgram(CollectorError, ValueError):
    """A programs file, or a line of it, that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTest:
    """What a program is given on its standard input, and what it should print."""

    stdin: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program with its tests; `problem` names what programs for the same task share."""

    id: str
    problem: str
    text: str
    tests: tuple[ProgramTest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Some lines of a programs file: the number of the first, where it begins in bytes, and how many there are."""

    first: int
    offset: int
    count: int


def parts_of(path: Path, size: int) -> list[Lines]:
    """Return the file's lines in parts of at most `size` lines, fewer where lines are long.

    Raises `BadProgram` when the file cannot be read, is empty, or holds no programs in its first line.
    """
    parts: list[Lines] = []
    offset = 0
    try:
        with path.open("rb") as handle:
            for number, line in enumerate(handle, 1):
                if number == 1:
                    programs_of(line, number=1)
                last = parts[-1] if parts else None
                if last and last.count < size and offset - last.offset < _PART_BYTES:
                    parts[-1] = replace(last, count=last.count + 1)
                else:
                    parts.append(Lines(first=number, offset=offset, count=1))
                offset += len(line)
    except OSError as error:
        raise BadProgram(f"programs file {str(path)!r} cannot be read: {error.strerror}") from error
    except BadProgram as error:
        raise BadProgram(f"programs file {str(path)!r}: {error}") from error
    if not parts:
        raise BadProgram(f"programs file {str(path)!r} is empty: expected one JSON object per line")
    return parts


def read_part(path: Path, part: Lines) -> Iterator[list[Program] | BadProgram]:
    """Yield for each line its programs, or why it has none."""
    with path.open("rb") as handle:
        handle.seek(part.offset)
        for number in range(part.first, part.first + part.count):
            try:
                yield programs_of(handle.readline(), number=number)
            except BadProgram as error:
                yield error


def programs_of(line: bytes, *, number: int) -> list[Program]:
    """Return the programs of a line; raise `BadProgram` with one sentence when it is not of a known form."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadProgram(f"line {number} is no JSON: expected an object with {', '.join(_FIELDS)}") from error
    if not isinstance(row, dict):
        raise BadProgram(f"line {number} is {str(row)[:40]!r}: expected an object with {', '.join(_FIELDS)}")
    try:
        return _from_code_contests(row) if "solutions" in row else [_own(row)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        found = ", ".join(map(repr, row)) or "nothing"
        raise BadProgram(
            f"line {number} has {found}: expected id, program and tests, each test with stdin and expected"
        ) from error


def _own(row: dict[str, Any]) -> Program:
    tests = tuple(ProgramTest(stdin=_text(test["stdin"]), expected=_text(test["expected"])) for test in row["tests"])
    key = row["id"] if isinstance(row["id"], str) else str(int(row["id"]))
    return Program(id=key, problem=_text(row.get("problem", key)), text=_text(row["program"]), tests=tests)


def _from_code_contests(row: dict[str, Any]) -> list[Program]:
    problem, tests, made = _text(row["name"]), [], []
    for kind in _TESTS:
        given = row.get(kind) or {"input": [], "output": []}
        tests += [
            ProgramTest(stdin=_text(i), expected=_text(o)) for i, o in zip(given["input"], given["output"], strict=True)
        ]
    for kind in ("solutions", "incorrect_solutions"):
        given = row.get(kind) or {"language": [], "solution": []}
        for place, (language, text) in enumerate(zip(given["language"], given["solution"], strict=True)):
            if language == _PYTHON_3:
                key = f"{problem}/{kind}/{place}"
                made.append(Program(id=key, problem=problem, text=_text(text), tests=tuple(tests)))
    return made


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no text")
    return value
