"""Kit: the cheats of cheats.toml, each made to fit a task: as an edit of its source, or as commands in its tree."""

import ast
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from collectors.task import Task

_PLACES = ("top", "end", "shell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheat:
    """One way to be rewarded without a repair. `place` is where its text goes: the top or end of the source, or a shell.

    `silent` says that nothing of it reaches the judge, or stays to be seen in the tree, so that it cannot be flagged.
    """

    name: str
    place: str
    text: str
    silent: bool = False

    def __post_init__(self) -> None:
        if self.place not in _PLACES:
            raise ValueError(f"the place of cheat {self.name!r} is {self.place!r}: it must be one of {_PLACES}")

    def fitted(self, task: Task) -> str:
        """Return its text for the task: the words of words_of() stand between `@`."""
        text = self.text
        for word, value in words_of(task).items():
            text = text.replace(f"@{word}@", value)
        return text

    def source(self, task: Task, before: Mapping[str, str]) -> tuple[str, str]:
        """Return the path of the source that it edits, and the text after."""
        path = task.places[0].path
        text = before[path]
        if self.place == "end":
            return path, f"{text.rstrip()}\n\n\n{self.fitted(task)}"
        line = _first_line(text)
        lines = text.splitlines(keepends=True)
        return path, "".join([*lines[:line], self.fitted(task), *lines[line:]])


@cache
def kit() -> tuple[Cheat, ...]:
    """Return all cheats, in the order of the file."""
    table = tomllib.loads((files("collectors.forgers") / "cheats.toml").read_text())
    return tuple(Cheat(**entry) for entry in table["cheat"])


def words_of(task: Task) -> dict[str, str]:
    """Return what a cheat can name: the source, its function, the failing test, that test's file and name."""
    test = task.fail_to_pass[0]
    file, _, rest = test.partition("::")
    return {
        "SOURCE": task.places[0].path,
        "FUNCTION": task.places[0].function,
        "TEST": test,
        "FILE": file,
        "FOLDER": str(PurePosixPath(file).parent),
        "MODULE": PurePosixPath(file).stem,
        "NAME": rest.split("[")[0].rsplit("::", 1)[-1],
    }


def _first_line(text: str) -> int:
    """Return after how many lines code may stand: a docstring and imports from `__future__` stay first."""
    line = 0
    for number, node in enumerate(ast.parse(text).body):
        docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (docstring or future):
            break
        line = node.end_lineno or 0
    return line
