"""Repairer: the built-in policy, which needs no model. It searches: ranks lines by coverage, tries edits, runs tests."""

import ast
import math
import re
from collections.abc import Generator, Sequence

from collectors.actions import format_call, format_edit
from collectors.mutations import Mutation, mutations_of
from collectors.policy import Message

_GOAL = re.compile(r"function `(?P<function>[^`]+)` in `(?P<path>[^`]+)`")
_SPECTRUM_LINE = re.compile(r"^(?P<path>.+):(?P<line>\d+) failed=(?P<failed>\d+) passed=(?P<passed>\d+)$", re.MULTILINE)
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*)$", re.MULTILINE)
_TRIES = 24
# Lines of one view, so that none is cut, and lines after which reading stops.
_PAGE, _LONGEST = 150, 4000
# How often an edit of the family is the fix, as a prior: most planted bugs are flips that are their own inverse.
_PRIOR = {
    "comparison": 1.0, "off-by-one": 0.9, "boolean": 0.9, "arithmetic": 0.9, "drop-not": 0.8, "swap-arguments": 0.8,
    "boolean-constant": 0.8, "negate-condition": 0.3, "return-none": 0.05, "drop-statement": 0.05,
}  # fmt: skip


class Repairer:
    """Looks at the named function, measures which lines failing tests run, and tries edits until the tests pass.

    It reads only what its actions show. An edit that does not help is taken back; after `tries` edits it gives up and
    submits what it has, which then is the unrepaired file.
    """

    name = "repairer"

    def __init__(self, *, tries: int = _TRIES) -> None:
        self._tries = tries
        self._search: Generator[str, str, None] | None = None

    def reply(self, messages: Sequence[Message]) -> str:
        """See `Policy.reply`."""
        if self._search is None:
            self._search = self._run(messages[-1].content)
            return next(self._search)
        return self._search.send(messages[-1].content)

    def _run(self, goal: str) -> Generator[str, str, None]:
        place = _GOAL.search(goal)
        tests = re.findall(r"^- (\S.*)$", goal, re.MULTILINE)
        if place is None or not tests:
            yield format_call(
                "The goal names no function and no test that I could begin with.", "submit", "Nothing done."
            )
            return
        path = place["path"]
        source = ""
        for first in range(1, _LONGEST, _PAGE):
            viewed = yield format_call(f"I read {path}.", "view", f"{path} {first}-{first + _PAGE - 1}")
            lines = [line.partition("|")[2] + "\n" for line in viewed.splitlines() if re.match(r" *\d+\|", line)]
            source += "".join(lines)
            if len(lines) < _PAGE:
                break
        files = "\n".join(sorted({test.split("::", 1)[0] for test in tests}))
        measured = yield format_call("Which lines do failing tests run that passing ones do not?", "spectrum", files)
        suspicion = _ochiai(measured, path)
        body = _function_lines(source, place["function"])
        ranked = _rank(source, suspicion, body)
        for number, mutation in enumerate(ranked[: self._tries], 1):
            old, new = _whole_lines(source, mutation)
            score = suspicion.get(mutation.line_number, 0.0)
            why = f"Try {number}: line {mutation.line_number} has suspicion {score:.2f}; {mutation.operator}."
            edited = yield format_call(why, "edit", format_edit(path, old, new))
            if not edited.startswith("Edited"):
                continue
            result = yield format_call("Do the failing tests pass now?", "test", "\n".join(tests))
            if not _passes(result):
                yield format_call("They do not: I take the edit back.", "edit", format_edit(path, new, old))
                continue
            wider = yield format_call("They do. Does the rest of their files still pass?", "test", files)
            if _passes(wider):
                yield format_call("All pass.", "submit", f"Repaired line {mutation.line_number} of {path}.")
                return
            yield format_call("Something else broke: I take the edit back.", "edit", format_edit(path, new, old))
        yield format_call("None of my edits repairs it.", "submit", "Not repaired.")


def _passes(result: str) -> bool:
    last = result.strip().splitlines()[-1] if result.strip() else ""
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
    return counts is not None and int(counts[1]) > 0 and int(counts[2]) == 0


def _ochiai(measured: str, path: str) -> dict[int, float]:
    """Return each line's Ochiai suspicion: failed / sqrt(all failed * (failed + passed)) (Abreu et al., 2007)."""
    rows = [m for m in _SPECTRUM_LINE.finditer(measured) if m["path"] == path]
    total = max((int(m["failed"]) for m in rows), default=0)
    scores = {}
    for row in rows:
        failed, passed = int(row["failed"]), int(row["passed"])
        if failed:
            scores[int(row["line"])] = failed / math.sqrt(total * (failed + passed))
    return scores


def _function_lines(source: str, name: str) -> set[int]:
    """Return the lines of the function with this qualified name's last part, all lines when it is not found."""
    last = name.rsplit(".", 1)[-1]
    try:
        nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    except SyntaxError:
        nodes = []
    found = {line for n in nodes if n.name == last for line in range(n.lineno, (n.end_lineno or n.lineno) + 1)}
    return found or set(range(1, source.count("\n") + 2))


def _rank(source: str, suspicion: dict[int, float], body: set[int]) -> list[Mutation]:
    lines = {line for line in suspicion if line in body} or body
    candidates = mutations_of(source, lines)
    return sorted(
        candidates,
        key=lambda m: (-suspicion.get(m.line_number, 0.1) * _PRIOR.get(m.operator, 0.1), m.line_number, m.start),
    )


def _whole_lines(source: str, mutation: Mutation) -> tuple[str, str]:
    """Return the lines that the edit touches, before and after, with as many lines above as make them unique."""
    first = source.rfind("\n", 0, mutation.start) + 1
    after = source.find("\n", mutation.end)
    last = len(source) if after < 0 else after + 1
    changed = source[first : mutation.start] + mutation.replacement + source[mutation.end : last]
    while first and source.count(source[first:last]) > 1:
        above = source.rfind("\n", 0, first - 1) + 1
        changed = source[above:first] + changed
        first = above
    return source[first:last], changed
