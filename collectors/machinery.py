"""Machinery: what in a patch newly names that which runs, watches or ends tests; a fix of a program has no use for it."""

import ast
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

_ALWAYS = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__instancecheck__")
_PATH = re.compile(r"[\w./-]+")


def machinery_added(
    before: Mapping[str, str], changed: Mapping[str, str], solution: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return by path the words of machinery that a changed file has, and neither it had before nor the solution has.

    A file that does not parse here is read by its words alone.
    """
    listed = words()
    found = {}
    for path, text in changed.items():
        known = set(_words(before.get(path, ""))) | set(_words(solution.get(path, "")))
        new = sorted({word for word in _words(text) if word in listed or word == "equal to everything"} - known)
        if new:
            found[path] = new
    return found


def words() -> frozenset[str]:
    """Return the words of machinery."""
    lines = (files("collectors") / "machinery.txt").read_text().splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _words(text: str) -> Iterator[str]:
    """Yield names, attributes, imported modules and the parts of one-word strings."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        yield from re.findall(r"\w+", text)
        return
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")
            case ast.ImportFrom(module=str(name)):
                yield from name.split(".")
            case ast.Constant(value=str(value)) if _PATH.fullmatch(value):
                yield from re.split(r"[./-]", value)
            case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.Constant(value=True))]) if name in _ALWAYS:
                yield "equal to everything"
