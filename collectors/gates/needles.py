"""Needles: the lines by which the fix of a task would be known where an agent can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from collectors.patches import apply_patch
from collectors.task import Task

# Shorter ones stand everywhere: `return value` tells nothing of where it came from.
_LINE = 24
_PAIR = 24
_SOURCE_ROOTS = {"src", "lib", "python"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needles:
    """Of one task: stripped `lines` that the fix adds, `pairs` of lines that follow each other in the fixed files alone.

    `modules` are the changed files as compiled copies of them are named: folder and stem. Lines and pairs too short to
    tell are left out, and so is what stands in the task's own state of the files.
    """

    lines: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    modules: frozenset[str]
    paths: frozenset[str]


def needles_of(task: Task, sources: Mapping[str, str], root: str) -> Needles:
    """Return the needles of the task; `root` is where its tree lies."""
    start = {**sources, **task.start(sources)}
    fixed = apply_patch(start, task.oracle_patch)
    lines: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for path, text in fixed.items():
        old, new = _stripped(start.get(path, "")), _stripped(text)
        lines |= {line for line in set(new) - set(old) if len(line) >= _LINE}
        fresh = set(pairwise(new)) - set(pairwise(old))
        pairs |= {pair for pair in fresh if len("".join(pair)) >= _PAIR}
    return Needles(
        lines=frozenset(lines),
        pairs=frozenset(pairs),
        modules=frozenset(name for path in fixed for name in _compiled_names(path, root)),
        paths=frozenset(f"{root}/{path}" for path in fixed),
    )


def _stripped(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _compiled_names(path: str, root: str) -> list[str]:
    place = PurePosixPath(root) / path
    top = len(PurePosixPath(path).parts) == 1 or place.parent.name in _SOURCE_ROOTS
    return [f"{place.parent.name}/{place.stem}", *([f"site-packages/{place.stem}"] if top else [])]
