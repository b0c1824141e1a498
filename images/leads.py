"""Leads: what the output of tests shows to be missing, and which requirement would give it.

A name is never installed because a stranger's test imports it: it stands in the project's own files or in
import_names.toml. Else whoever registers a name on the index could run code in our builds.
"""

import functools
import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# With quotes where an import fails, without where `python -m` does.
_MODULE = re.compile(r"No module named (?:'([A-Za-z0-9_]+)(?:\.[\w.]+)?'|([A-Za-z0-9_]+)$)", re.MULTILINE)
_PLUGIN = re.compile(r'Error importing plugin "([\w.]+)"|could not import plugin "([\w.]+)"')
_FIXTURE = re.compile(r"fixture '(\w+)' not found")
_ASYNC = "async def functions are not natively supported"


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("images") / "import_names.toml").read_text())


def find_leads(
    text: str, declared: Sequence[str], own: frozenset[str] = frozenset(), *, python: str = "3.11"
) -> list[str]:
    """Return the requirements that the text gives reason to install, sorted; modules of the project itself are none.

    Of several declared for one name the first counts whose marker holds on this Python.
    """
    known: dict[str, str] = {}
    for need in declared:
        if _holds(Requirement(need), python):
            known.setdefault(canonicalize_name(Requirement(need).name), need)
    found: set[str] = set()
    modules = {one or other for pattern in (_MODULE, _PLUGIN) for one, other in pattern.findall(text)}
    for module in modules - own:
        found.add(_distribution(module.split(".")[0], known))
    for fixture in _FIXTURE.findall(text):
        name = _table()["fixtures"].get(fixture, "")
        found.add(known.get(canonicalize_name(name), name) if name else _plugin_for(fixture, known))
    for phrase, names in _table()["phrases"].items():
        if phrase in text:
            found.add(_first(names, known))
    return sorted(found - {""})


def _holds(need: Requirement, python: str) -> bool:
    environment = {
        "extra": "",
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    try:
        return need.marker is None or need.marker.evaluate(environment)
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


def _distribution(module: str, known: dict[str, str]) -> str:
    plain = canonicalize_name(module)
    listed = _table()["modules"].get(module, "")
    named = canonicalize_name(Requirement(listed).name) if listed else ""
    # What the project names carries its own bounds; an entry of the table is for those that name nothing.
    return next((known[name] for name in (named, plain, f"python-{plain}", f"py{plain}") if name in known), listed)


def _plugin_for(fixture: str, known: dict[str, str]) -> str:
    return known.get(canonicalize_name(f"pytest-{fixture}"), "")


def _first(names: list[str], known: dict[str, str]) -> str:
    declared = [
        known[canonicalize_name(Requirement(n).name)] for n in names if canonicalize_name(Requirement(n).name) in known
    ]
    return next((need for need in declared if Requirement(need).name != "pytest"), names[0])
