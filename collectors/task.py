"""Task: a prepared repository state, a goal, and a hidden judge."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One planted bug: the state is the image plus `buggy_source` at `path`.

    The judge expects every id of `fail_to_pass` and `pass_to_pass` to pass (SWE-bench's words); `patch` is the unified
    diff that plants the bug.
    """

    id: str
    repository: str
    split: str
    image: str
    path: str
    function: str
    line_number: int
    operator: str
    patch: str
    buggy_source: str
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    goal: str
    status: str = "valid"
    reason: str = ""


def unified_diff(path: str, before: str, after: str) -> str:
    """Return the change of one file as `git diff` prints it, without the index line; empty when nothing changed."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)
