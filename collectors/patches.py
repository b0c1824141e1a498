"""Patches: changes of texts as unified diffs, made and applied; nothing fuzzy: a hunk stands where it says or nowhere."""

import difflib
import re
from collections.abc import Mapping

from collectors.errors import PatchError

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_NO_NEWLINE = "\\ No newline at end of file\n"


def unified_diff(path: str, before: str, after: str) -> str:
    """Return the change of one file as `git diff` prints it, without the index line; empty when nothing changed."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def diff_of(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the changes of all files of `after`, in the order of their paths; a file that `before` lacks was empty."""
    return "".join(unified_diff(path, before.get(path, ""), after[path]) for path in sorted(after))


def apply_patch(sources: Mapping[str, str], patch: str) -> dict[str, str]:
    """Return the texts after the patch of the files that it changes.

    A file that `sources` lacks is empty before. Raises `PatchError` where a line that the patch removes or keeps is not there.
    """
    changed: dict[str, str] = {}
    lines = _lines(patch)
    path, old, done, at = "", [""], 0, 0
    new: list[str] = []
    while at < len(lines):
        line, at = lines[at], at + 1
        if line.startswith("+++ b/"):
            path, done, new = line[6:].rstrip("\n"), 0, []
            old = _lines(sources.get(path, ""))
        elif hunk := _HUNK.match(line):
            before, after, at = _sides(lines, at, int(hunk[2] or 1), int(hunk[3] or 1))
            first = int(hunk[1]) - (hunk[2] != "0")
            if not path or old[first : first + len(before)] != before:
                raise PatchError(
                    f"the patch does not fit {path!r} at line {first + 1}: take the text that it was made of"
                )
            new += [*old[done:first], *after]
            done = first + len(before)
            changed[path] = "".join([*new, *old[done:]])
    return changed


def _sides(lines: list[str], at: int, old: int, new: int) -> tuple[list[str], list[str], int]:
    """Return the lines of a hunk before and after, which the header counts, and where reading ended."""
    before: list[str] = []
    after: list[str] = []
    while len(before) < old or len(after) < new or lines[at : at + 1] == [_NO_NEWLINE]:
        if at == len(lines):
            raise PatchError("the patch ends inside a hunk: it was cut")
        mark, text, at = lines[at][0], lines[at][1:], at + 1
        sides = {" ": (before, after), "-": (before,), "+": (after,)}.get(mark, ())
        if mark == "\\":
            last = {" ": (before, after), "-": (before,), "+": (after,)}[lines[at - 2][0]]
            for side in last:
                side[-1] = side[-1].removesuffix("\n")
        elif not sides:
            raise PatchError(f"the patch has a line that begins with {mark!r} inside a hunk: it is no unified diff")
        for side in sides:
            side.append(text)
    return before, after, at


def _lines(text: str) -> list[str]:
    """Split at newlines alone: `splitlines` also splits at form feeds and more, which source files hold."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
