"""BuildRecipe: how to install a repository, inferred from what its own files say, cheapest candidate first."""

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from images.source_tree import SourceTree

_TEST_NAMES = ("test", "tests", "testing", "dev-test", "dev")
_REQUIREMENTS = re.compile(
    r"((.*/)?(test|tests|testing|dev)[-_]?requirements|(.*/)?requirements[-_/]?(test|tests|testing|dev)|tests?/requirements)\.(txt|in)"
)
_LOOSE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecipe:
    """One candidate: arguments of `pip install` calls, in order, and the test files that prove the image."""

    name: str
    installs: tuple[tuple[str, ...], ...]
    test_files: tuple[str, ...]


def infer_recipes(tree: SourceTree) -> list[BuildRecipe]:
    """Return the candidates in the order in which they are worth trying; never empty."""
    project = _pyproject(tree)
    tests = tuple(tree.test_files())
    needs = tuple(dict.fromkeys([*_group_needs(project), *_file_needs(tree)]))
    extra = _test_extra(project, tree)
    install = f".[{extra}]" if extra else "."
    installable = bool(
        project.get("build-system") or {"setup.py", "setup.cfg"} & set(tree.files) or project.get("project")
    )
    candidates = []
    if installable:
        with_needs = (("-e", install), *((needs,) if needs else ()))
        candidates.append(BuildRecipe(name="editable with test needs", installs=with_needs, test_files=tests))
        if extra or needs:
            candidates.append(BuildRecipe(name="editable", installs=(("-e", "."),), test_files=tests))
    listed = tuple(_requirement_lines(tree.text("requirements.txt") or ""))
    plain = tuple(dict.fromkeys([*listed, *needs]))
    candidates.append(BuildRecipe(name="requirements only", installs=(plain,) if plain else (), test_files=tests))
    return candidates


def _pyproject(tree: SourceTree) -> dict[str, Any]:
    try:
        return tomllib.loads(tree.text("pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return {}


def _test_extra(project: dict[str, Any], tree: SourceTree) -> str | None:
    extras = set(project.get("project", {}).get("optional-dependencies", {}))
    metadata = tree.text("PKG-INFO") or ""
    extras |= set(re.findall(r"^Provides-Extra: (\S+)$", metadata, re.MULTILINE))
    return next((name for name in _TEST_NAMES if name in extras), None)


def _group_needs(project: dict[str, Any]) -> list[str]:
    groups = project.get("dependency-groups", {})
    chosen = next((name for name in _TEST_NAMES if name in groups), None)
    return _expand(groups, chosen, set()) if chosen else []


def _expand(groups: dict[str, Any], name: str, seen: set[str]) -> list[str]:
    """Return the requirements of a PEP 735 group with its included groups; a ring is walked once."""
    if name in seen:
        return []
    seen.add(name)
    needs: list[str] = []
    for entry in groups.get(name, []):
        if isinstance(entry, dict):
            needs += _expand(groups, str(entry.get("include-group")), seen)
        else:
            needs += _requirement_lines(str(entry))
    return needs


def _file_needs(tree: SourceTree) -> list[str]:
    named = [name for name in sorted(tree.files) if _REQUIREMENTS.fullmatch(name)]
    return [need for name in named[:2] for need in _requirement_lines(tree.text(name) or "")]


def _requirement_lines(text: str) -> list[str]:
    """Return the valid requirements among the lines; options, includes and addresses are left out."""
    needs = []
    for line in text.splitlines():
        stripped = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not _LOOSE.match(stripped):
            continue
        try:
            needs.append(str(Requirement(stripped)) if Requirement(stripped).url is None else "")
        except InvalidRequirement:
            continue
    return [need for need in needs if need]
