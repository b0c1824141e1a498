"""Requirement lines: what of a requirements file, a tox `deps` list or a poetry table is a requirement that may be installed."""

import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

_LOOSE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_INCLUDE = re.compile(r"(?:-r|--requirement)[\s=]*(\S+)")


def requirement_lines(text: str | Iterable[str]) -> list[str]:
    """Return the valid requirements among the lines; options, includes and addresses are left out."""
    needs = []
    for line in text.splitlines() if isinstance(text, str) else text:
        stripped = re.sub(r"(^|\s)#.*$", "", line).strip().rstrip("\\").strip()
        stripped = re.sub(r"\s+--hash=\S+", "", stripped)
        if not _LOOSE.match(stripped):
            continue
        try:
            requirement = Requirement(stripped)
        except InvalidRequirement:
            continue
        if requirement.url is None:
            needs.append(str(requirement))
    return needs


def requirements_file(name: str, read: Callable[[str], str | None], seen: frozenset[str] = frozenset()) -> list[str]:
    """Return the requirements of a file of the tree and of those that it includes; a ring is walked once."""
    text = read(name)
    if text is None or name in seen:
        return []
    needs = []
    for line in text.splitlines():
        include = _INCLUDE.match(line.strip())
        if include:
            needs += requirements_file(_beside(name, include[1]), read, seen | {name})
        else:
            needs += requirement_lines(line)
    return needs


def _beside(name: str, other: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / other).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def poetry_requirements(table: dict[str, Any]) -> list[str]:
    """Return a poetry dependency table as requirements; entries that are optional or name a place are left out."""
    needs = []
    for name, value in table.items():
        entry = value if isinstance(value, dict) else {"version": value}
        version = entry.get("version")
        if name.lower() == "python" or entry.get("optional") or not isinstance(version, str):
            continue
        extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
        needs += requirement_lines(f"{name}{extras}{_poetry_version(version)}")
    return needs


def _poetry_version(text: str) -> str:
    parts = [_poetry_part(part.strip()) for part in text.split(",") if "||" not in text]
    return ",".join(part for part in parts if part)


def _poetry_part(part: str) -> str:
    numbers = re.match(r"[\^~]?\s*(\d+(?:\.\d+)*)", part)
    if part in ("*", "") or not numbers:
        return part if part[:1] in "<>=!" and part else ""
    if part[0] not in "^~":
        return f"=={part}"
    fixed = [int(number) for number in numbers[1].split(".")]
    if part[0] == "~":
        place = min(1, len(fixed) - 1)
    else:
        place = next((at for at, number in enumerate(fixed) if number), len(fixed) - 1)
    upper = [*fixed[:place], fixed[place] + 1]
    return f">={numbers[1]},<{'.'.join(map(str, upper))}"
