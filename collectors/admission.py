"""Admission: which files of an agent's tree reach the judge: sources, by an allow-list, never what runs the tests."""

import sys
from collections.abc import Collection
from pathlib import PurePosixPath

from images.pytest_config import CONFIG_FILES
from images.source_tree import is_test_name

_RUNNER = {"conftest.py", "sitecustomize.py", "usercustomize.py", *CONFIG_FILES}
# Modules that pytest and our plugins import by these names, beside the standard library's.
_SHADOWED = {"pytest", "_pytest", "pluggy", "py", "iniconfig", "packaging", "pygments", "exceptiongroup", "tomli"}


def why_refused(path: str, sources: Collection[str]) -> str:
    """Return why a file of this path does not reach the judge, or nothing; `sources` are the project's own files.

    A new file is a source when it is a Python file beside others of them, and bears no name that is imported from elsewhere.
    """
    if path in sources:
        return ""
    if not path.isprintable():
        return "a name that a patch cannot hold"
    place = PurePosixPath(path)
    if place.is_absolute() or ".." in place.parts or place.suffix != ".py":
        return "no source file"
    if is_runner(path) or is_test_name(path) or {"test", "tests"} & set(place.parts):
        return "no source file"
    if str(place.parent) not in {str(PurePosixPath(source).parent) for source in sources}:
        return "in a folder without source files"
    return "a module that has the name of another" if is_shadow(path, sources) else ""


def is_runner(path: str) -> bool:
    """Say whether the interpreter or pytest reads a file of this name by itself."""
    return PurePosixPath(path).name in _RUNNER or path.endswith(".pth")


def is_shadow(path: str, sources: Collection[str]) -> bool:
    """Say whether a new Python file could be imported in the place of the standard library's, pytest's or our own.

    In a package of the project it could not: there it is imported by the package's name.
    """
    place = PurePosixPath(path)
    names = {place.stem, place.parts[0]}
    alone = str(place.parent / "__init__.py") not in sources
    taken = bool(names & (sys.stdlib_module_names | _SHADOWED)) or place.stem.startswith("worldline")
    return place.suffix == ".py" and alone and taken
