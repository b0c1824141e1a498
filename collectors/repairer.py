"""Repairer: the built-in policy, which needs no model. It searches: ranks lines by coverage, tries edits, runs tests."""

import ast
import heapq
import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from collectors.actions import format_call, format_edit
from collectors.changed_lines import changed_lines
from collectors.policy import Message
from collectors.repairs.clue import Clue
from collectors.repairs.ranking import Repair, repairs_of
from collectors.suspicion import read_spectrum, suspicions

_PLACE = re.compile(r"function `(?P<function>[^`]+)` in `(?P<path>[^`]+)`")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*)$", re.MULTILINE)
_TRIES = 40
# Lines of one view, so that none is cut, and lines after which reading stops.
_PAGE, _LONGEST = 250, 6000
# Without a named function, so many files and lines are looked at, the most suspicious ones.
_FILES, _LINES = 2, 40
_PLACES = 3
# Tests that say whether an edit helps, and lines that one edit may replace to go from one try to the next.
_TESTS, _BLOCK = 25, 30

Talk = Generator[str, str, str]
Search = Generator[str, str, bool]


class Repairer:
    """Looks at the named functions, measures which lines failing tests run, and tries edits until the tests pass.

    It reads only what its actions show. An edit that does not help is taken back; one after which fewer tests fail is kept
    when no edit repairs all, and the search goes on from there, since a bug can have several places. After `tries` edits it
    gives up and submits what it has.
    """

    name = "repairer"

    def __init__(self, *, tries: int = _TRIES) -> None:
        self._left = tries
        self._number = 0
        # The files as far as they are repaired, and as they are with the edit that is tried.
        self._texts: dict[str, str] = {}
        self._now: dict[str, str] = {}
        self._search: Generator[str, str, None] | None = None

    def reply(self, messages: Sequence[Message]) -> str:
        """See `Policy.reply`."""
        if self._search is None:
            self._search = self._run(messages[-1].content)
            return next(self._search)
        return self._search.send(messages[-1].content)

    def _run(self, goal: str) -> Generator[str, str, None]:
        listed = re.findall(r"^- (\S+::\S.*)$", goal, re.MULTILINE)
        files = "\n".join(sorted({test.split("::", 1)[0] for test in listed}))
        seen = yield format_call("Which tests fail?", "test", files)
        failing = (_FAILED.findall(seen) or listed)[:_TESTS]
        if not failing:
            yield format_call("No test fails that I could begin with.", "submit", "Nothing done.")
            return
        files = files or "\n".join(sorted({test.split("::", 1)[0] for test in failing}))
        for _ in range(_PLACES):
            solved = yield from self._one_place(goal, failing, files, f"{goal}\n{seen}")
            if solved:
                yield format_call("All pass.", "submit", f"Repaired {', '.join(sorted(self._texts))}.")
                return
            seen = yield format_call("What still fails?", "test", "\n".join(failing))
            still = _FAILED.findall(seen)
            if self._left <= 0 or len(still) >= len(failing):
                break
            failing = still
        yield format_call("None of my edits repairs it.", "submit", "Not repaired.")

    def _one_place(self, goal: str, failing: Sequence[str], files: str, messages: str) -> Search:
        """Try edits; return whether all tests pass. The best edit that repairs a part is made when none repairs all."""
        measured = yield format_call("Which lines do failing tests run that passing ones do not?", "spectrum", files)
        scores = suspicions(read_spectrum(measured), messages)
        clues = yield from self._clues(goal, scores, Clue(lines={}, message=messages))
        best: tuple[int, Repair] | None = None
        enough = max(4, self._left // 2) if len(_PLACE.findall(goal)) > 1 else self._left
        said = ""
        for repair in _merged(self._texts, clues):
            if self._left <= 0 or (best and enough <= 0):
                break
            enough -= 1
            remaining = yield from self._try(repair, said, failing, files)
            if remaining == 0:
                return True
            said = "Something else broke. " if remaining is None else "They do not. "
            if remaining is not None and remaining < (best[0] if best else len(failing)):
                best = remaining, repair
        yield from self._undo(said + "I take the edit back.")
        if best:
            why = f"With this edit only {best[0]} of {len(failing)} tests still fail: I keep it."
            yield from self._make(best[1].path, best[1].edit.apply(self._texts[best[1].path]), why)
            self._texts[best[1].path] = self._now[best[1].path]
        return False

    def _try(self, repair: Repair, said: str, failing: Sequence[str], files: str) -> Generator[str, str, int | None]:
        """Return how many of the failing tests still fail with the edit, None when something else broke."""
        self._left -= 1
        self._number += 1
        path, wanted = repair.path, repair.edit.apply(self._texts[repair.path])
        elsewhere = any(self._now[other] != self._texts[other] for other in self._now if other != path)
        if elsewhere or changed_lines(self._now[path], wanted)[0].count("\n") > _BLOCK:
            yield from self._undo(said + "I take the edit back.")
            said = ""
        back = "In its place, try" if said else "Try"
        if not (yield from self._make(path, wanted, f"{said}{back} {self._number}: {repair.reason}.")):
            return None
        result = yield format_call("Do the failing tests pass now?", "test", "\n".join(failing))
        remaining = _remaining(result)
        if remaining == 0:
            wider = yield format_call("They do. Does the rest of their files still pass?", "test", files)
            return 0 if _remaining(wider) == 0 else None
        return remaining

    def _make(self, path: str, wanted: str, why: str) -> Search:
        """Edit the file to the wanted text; return whether that was done."""
        old, new = changed_lines(self._now[path], wanted)
        edited = yield format_call(why, "edit", format_edit(path, old, new))
        if edited.startswith("Edited"):
            self._now[path] = wanted
            return True
        return False

    def _undo(self, why: str) -> Generator[str, str, None]:
        """Take back what is tried at the moment."""
        for path, text in self._texts.items():
            if self._now[path] != text:
                yield from self._make(path, text, why)

    def _clues(
        self, goal: str, scores: dict[tuple[str, int], float], known: Clue
    ) -> Generator[str, str, dict[str, Clue]]:
        """Return what is known of each file that may be broken: those that the goal names, else the most suspicious."""
        named: dict[str, list[str]] = {}
        for place in _PLACE.finditer(goal):
            named.setdefault(place["path"], []).append(place["function"])
        files = list(named) or _suspicious_files(scores)
        imports = yield from _imports(known.missing_names())
        clues = {}
        for path in files:
            if path not in self._texts:
                self._texts[path] = self._now[path] = yield from _read(path)
            own = {line: score for (file, line), score in scores.items() if file == path}
            body = set().union(*(function_lines(self._texts[path], name) for name in named.get(path, ())))
            lines = {line: score for line, score in own.items() if line in body}
            if not lines:
                lines = dict(sorted(own.items(), key=lambda pair: -pair[1])[:_LINES]) or dict.fromkeys(body, 0.1)
            clues[path] = replace(known, lines=lines, imports=imports)
        return clues


def _imports(names: Sequence[str]) -> Generator[str, str, tuple[str, ...]]:
    """Return the lines by which files of the project import the names, the most frequent first."""
    found: list[str] = []
    for name in names[:_PLACES]:
        pattern = rf"^(from [A-Za-z0-9_.]+ )?import .*\b{name}\b"
        search = f"grep -rhE --include='*.py' '{pattern}' . | sort | uniq -c | sort -rn | head -n 4"
        seen = yield format_call(f"{name} is not defined. How do other files import it?", "bash", search)
        found += re.findall(r"^ *\d+ ((?:from|import) [^(]*)$", seen, re.MULTILINE)
    return tuple(found)


def _read(path: str) -> Talk:
    """Return the file's text, seen page by page."""
    source = ""
    for first in range(1, _LONGEST, _PAGE):
        viewed = yield format_call(f"I read {path}.", "view", f"{path} {first}-{first + _PAGE - 1}")
        lines = [line.partition("|")[2] + "\n" for line in viewed.split("\n") if re.match(r" *\d+\|", line)]
        source += "".join(lines)
        if len(lines) < _PAGE:
            break
    return source


def _merged(texts: dict[str, str], clues: dict[str, Clue]) -> Iterator[Repair]:
    ranked = [repairs_of(path, texts[path], clue) for path, clue in clues.items()]
    return iter(heapq.merge(*ranked, key=lambda repair: -repair.score))


def _suspicious_files(scores: dict[tuple[str, int], float]) -> list[str]:
    best: dict[str, float] = {}
    for (path, _), score in scores.items():
        name = path.rsplit("/", 1)[-1]
        if not (name.startswith(("test_", "conftest")) or name.endswith("_test.py") or re.match(r"tests?/", path)):
            best[path] = max(best.get(path, 0.0), score)
    return sorted(best, key=lambda path: -best[path])[:_FILES]


def _remaining(result: str) -> int | None:
    """Return how many tests failed, or None when the tests did not run to their end or none passed."""
    last = result.strip().splitlines()[-1] if result.strip() else ""
    counts = re.fullmatch(r"(\d+) passed, (\d+) failed", last)
    if counts is None or int(counts[1]) + int(counts[2]) == 0 or re.search(r"^ERROR \S+\.py$", result, re.MULTILINE):
        return None
    return int(counts[2])


def function_lines(source: str, name: str) -> set[int]:
    """Return the lines of the functions with this qualified name's last part, all lines when there is none."""
    last = name.rsplit(".", 1)[-1]
    try:
        nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    except SyntaxError:
        nodes = []
    found = {line for n in nodes if n.name == last for line in range(n.lineno, (n.end_lineno or n.lineno) + 1)}
    return found or set(range(1, source.count("\n") + 2))
