"""System packages: which Debian packages a build lacks, by what it says and by what system_packages.toml knows."""

import ast
import functools
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from images.source_tree import SourceTree

_NATIVE = (".c", ".cc", ".cpp", ".cxx", ".pyx", ".pxd", ".f90")
_FREE = ("tests/", "test/", "docs/", "doc/", "examples/", "benchmarks/")
_HEADER = re.compile(r"fatal error: '?([\w./+-]+)'?(?: file not found|: No such file)")
_LIBRARY = re.compile(r"cannot find -l:?([\w+-]+)")
_SHARED = re.compile(r"(lib[\w+.-]+\.so(?:\.\d+)*): cannot open shared object file")
_COMMANDS = (
    re.compile(r"(?:error: )?command '?([\w+./-]+)'? failed: No such file"),
    re.compile(r"No such file or directory: '([\w+-]+)'"),
    re.compile(r"([\w+-]+): (?:command )?not found"),
    re.compile(r"[Pp]rogram '?([\w+-]+)'? not found"),
    re.compile(r"Did not find (pkg-config|cmake|ninja)"),
    re.compile(r"executable file '?([\w+-]+)'? not found"),
)
# Functions of subprocess, os and shutil that take a program's name first.
_CALLS = ("Popen", "call", "check_call", "check_output", "getoutput", "popen", "run", "system", "which")
_IN_EACH_BASE = ("git",)


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("images") / "system_packages.toml").read_text())


def toolchain() -> tuple[str, ...]:
    """Return the packages that compile C and C++ extensions."""
    return tuple(_table()["toolchain"])


def packages_of(tree: SourceTree, project: str) -> frozenset[str]:
    """Return the packages that the files themselves ask for: a compiler where there are sources for one."""
    names = [name for name in tree.files if name.endswith(_NATIVE) and not name.startswith(_FREE)]
    setup = tree.text("setup.py") or ""
    build = tree.text("pyproject.toml") or ""
    declared = re.search(r"ext_modules|cffi_modules|Extension\(", setup) or re.search(r"ext-modules|ext_modules", build)
    if not (names and (declared or re.search(r"mesonpy|scikit.build|cython|\bcffi\b", build, re.IGNORECASE))):
        return frozenset()
    return frozenset([*toolchain(), *_table()["projects"].get(project, ())])


def missing_packages(text: str) -> frozenset[str]:
    """Return the packages that would give what the output of a build or of tests says is not there."""
    table = _table()
    found: list[str] = []
    for header in _HEADER.findall(text):
        found += table["headers"].get(header, table["headers"].get(header.rsplit("/", 1)[-1], ()))
    for kind, pattern in (("libraries", _LIBRARY), ("shared", _SHARED)):
        for name in pattern.findall(text):
            found += table[kind].get(name, ())
    for pattern in _COMMANDS:
        for name in pattern.findall(text):
            found += table["commands"].get(name.rsplit("/", 1)[-1], ())
    for phrase, packages in table["phrases"].items():
        if phrase in text:
            found += packages
    compiles = any(package in toolchain() or package.endswith("-dev") for package in found)
    return frozenset([*found, *(toolchain() if compiles else ())])


def packages_of_programs(tree: SourceTree) -> frozenset[str]:
    """Return the packages of the programs that test files start by name, as in `Popen("ps -x", shell=True)`.

    A test that throws the program's output away never says that it was not found.
    """
    commands = _table()["commands"]
    names = {name for file in tree.test_files() for name in _started(tree.text(file) or "")}
    return frozenset(package for name in names if name not in _IN_EACH_BASE for package in commands.get(name, ()))


def _started(text: str) -> Iterator[str]:
    try:
        parsed = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for call in ast.walk(parsed):
        if isinstance(call, ast.Call) and call.args and _name(call.func) in _CALLS:
            first = call.args[0]
            if isinstance(first, ast.List | ast.Tuple) and first.elts:
                first = first.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.split():
                yield first.value.split()[0].rsplit("/", 1)[-1]


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
