"""Failure: what pytest's short traceback of a failed test says: the calls, the error, the expected and actual value."""

import ast
import re
from dataclasses import dataclass

_FRAME = re.compile(r"^(?P<path>[^\s:][^:\n]*):(?P<line>\d+): in (?P<function>.+)$")
_ERROR = re.compile(r"^E {3,}(?P<text>.*)$")
_COMPARED = re.compile(r"^(?:AssertionError: )?assert (?P<text>.+)$")
_UNEQUAL = re.compile(r"^AssertionError: (?P<actual>.+?) != (?P<expected>.+?)(?: : .*)?$")
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """One level of a traceback: where it stands, and the line of source that it runs."""

    path: str
    line_number: int
    function: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure: the levels from the test inwards, the error as one line, and what it compares, where it says so.

    `call` is the expression of the test whose value was wrong, `actual` and `expected` are texts of values.
    """

    calls: tuple[CallSeen, ...]
    error: str
    call: str = ""
    actual: str = ""
    expected: str = ""


def read_failure(message: str) -> Failure:
    """Return what the message of a failed test says; an empty failure for one that says nothing."""
    calls: list[CallSeen] = []
    errors: list[str] = []
    at: re.Match[str] | None = None
    for line in message.splitlines():
        found = _FRAME.match(line)
        error = _ERROR.match(line)
        if found:
            at = found
        elif error:
            errors.append(error["text"].rstrip())
            at = None
        elif at is not None and line.startswith("    "):
            calls.append(
                CallSeen(path=at["path"], line_number=int(at["line"]), function=at["function"], code=line.strip())
            )
            at = None
        elif errors and line.startswith(("During handling", "The above exception")):
            calls, errors = [], []
    first = errors[0] if errors else ""
    call, actual, expected = _compared(first, calls[0].code if calls else "")
    return Failure(calls=tuple(calls), error=first, call=call, actual=actual, expected=expected)


def _compared(error: str, code: str) -> tuple[str, str, str]:
    """Return the call, the actual and the expected value of a failed comparison by `==`, empty where there is none."""
    unequal = _UNEQUAL.match(error)
    if unequal:
        sides = _call_of_unittest(code)
        return sides, unequal["actual"], unequal["expected"]
    compared = _COMPARED.match(error)
    if not compared:
        return "", "", ""
    values = _sides(compared["text"])
    written = _sides(code.removeprefix("assert "))
    if not values:
        return (written[0] if written else code.removeprefix("assert ")), compared["text"], ""
    if not written:
        return "", *values
    # What is written as a constant is what was expected; values are shown in the order of writing.
    if _is_constant(written[0]) and not _is_constant(written[1]):
        return written[1], values[1], values[0]
    return written[0], *values


def _sides(text: str) -> tuple[str, str] | None:
    """Return both sides of a comparison by `==`; where values are shown that are no Python, the text is split at it."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        left, sign, right = text.partition(" == ")
        return (left.strip(), right.strip()) if sign and " == " not in right else None
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Eq):
        return ast.unparse(tree.left), ast.unparse(tree.comparators[0])
    return None


def _call_of_unittest(code: str) -> str:
    try:
        call = ast.parse(code.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return ""
    if isinstance(call, ast.Call) and len(call.args) >= 2:
        first, second = call.args[:2]
        return ast.unparse(second if isinstance(first, ast.Constant) else first)
    return ""


def _is_constant(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


def short(text: str) -> str:
    """Return a value's text cut to what a goal may hold."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
