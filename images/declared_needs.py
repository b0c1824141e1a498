"""DeclaredNeeds: what a repository's own files say that its tests need; the files are read, never run."""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from images.installed_words import Asked, asked_by, installed_by, read_ini
from images.requirement_lines import poetry_requirements, requirement_lines, requirements_file
from images.session_needs import read_sessions, walk_python
from images.source_tree import SourceTree

_TESTS = re.compile(
    r"(?!.*(?:doc|lint|mypy|typ(?:e|ing)|bench|build|release|integration|gpu))(unit)?(tests?|testing|pytest|tests?[-_]\w+|\w+[-_]tests?)",
    re.IGNORECASE,
)
_DEV = re.compile(r"dev|develop|development|all|ci|check", re.IGNORECASE)
_FILE = re.compile(r"(?:.*/)?[\w.-]*\.(?:txt|in|pip)")
_CI = re.compile(
    r"\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.yml|appveyor\.yml|\.circleci/.*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredNeeds:
    """Requirements by what they are for: named for tests, for development, or anything that any file of it installs.

    `extras` are those of the project itself that are named for tests or that an environment of tox or nox for tests asks
    for, `dev_extras` those that are named for development or that CI and other scripts ask for; `requires_python` is the
    project's own specifier, empty when unsaid.
    """

    extras: tuple[str, ...] = ()
    dev_extras: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()
    requires_python: str = ""
    installable: bool = False


def read_needs(tree: SourceTree) -> DeclaredNeeds:
    """Return what the files of the tree declare."""
    project = read_pyproject(tree)
    config = read_ini(tree.text("setup.cfg"))
    extras = {name: tuple(needs) for name, needs in _extras(project, config, tree).items()}
    sessions, groups = read_sessions(tree), _groups(project)
    named: dict[str, list[str]] = {}
    own = [(session.name, list(session.needs)) for session in sessions]
    for name, needs in [*groups.items(), *_tool_tables(project), *_files(tree), *own, *_setup_keywords(tree)]:
        named.setdefault(name, []).extend(needs)
    scripts = _scripts(tree)
    by_tests = _joined(session.asked for session in sessions if _is_tests(session.name))
    by_others = _joined(map(asked_by, scripts))
    test_extras = [name for name in extras if _is_tests(name) or name in by_tests.extras]
    tests = [name for name in named if _is_tests(name) or (name in groups and name in by_tests.groups)]
    dev = [
        name for name in named if name not in tests and (_is_dev(name) or (name in groups and name in by_others.groups))
    ]
    declared = [need for needs in [*named.values(), *extras.values()] for need in needs]
    return DeclaredNeeds(
        extras=tuple(test_extras),
        dev_extras=tuple(n for n in extras if n not in test_extras and (_is_dev(n) or n in by_others.extras)),
        tests=_unique([need for name in tests for need in named[name]]),
        dev=_unique([need for name in dev for need in named[name]]),
        anywhere=_unique([*declared, *(need for text in scripts for need in installed_by(text, tree.text))]),
        requires_python=_requires_python(project, config, tree),
        installable=bool(project.get("project") or project.get("build-system") or _has_setup(tree, project)),
    )


def _joined(asked: Iterable[Asked]) -> Asked:
    total = Asked()
    for one in asked:
        total = total.joined(one)
    return total


def _is_tests(name: str) -> bool:
    return bool(_TESTS.fullmatch(name))


def _is_dev(name: str) -> bool:
    return bool(_DEV.fullmatch(name))


def _unique(needs: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(needs))


def _has_setup(tree: SourceTree, project: dict[str, Any]) -> bool:
    return bool({"setup.py", "setup.cfg"} & set(tree.files) or project.get("tool", {}).get("poetry"))


def read_pyproject(tree: SourceTree) -> dict[str, Any]:
    """Return pyproject.toml, empty when it is not there or not TOML."""
    try:
        return tomllib.loads(tree.text("pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        return {}


def _extras(project: dict[str, Any], config: configparser.RawConfigParser, tree: SourceTree) -> dict[str, list[str]]:
    """Return the project's extras with their requirements; PKG-INFO names those that only a build would tell."""
    found: dict[str, list[str]] = {}
    for name, needs in project.get("project", {}).get("optional-dependencies", {}).items():
        found[name] = requirement_lines(map(str, needs))
    dynamic = project.get("tool", {}).get("setuptools", {}).get("dynamic", {}).get("optional-dependencies", {})
    for name, place in dynamic.items():
        files = place.get("file", []) if isinstance(place, dict) else []
        for file in [files] if isinstance(files, str) else files:
            found.setdefault(name, []).extend(requirements_file(str(file), tree.text))
    if "options.extras_require" in config:
        for name, text in config["options.extras_require"].items():
            found.setdefault(name, requirement_lines(text or ""))
    for name in project.get("tool", {}).get("poetry", {}).get("extras", {}):
        found.setdefault(name, [])
    metadata = tree.text("PKG-INFO") or ""
    for name in re.findall(r"^Provides-Extra: (\S+)$", metadata, re.MULTILINE):
        asked = re.findall(rf"^Requires-Dist: ([^;\n]+);.*extra == ['\"]{re.escape(name)}['\"]", metadata, re.MULTILINE)
        found.setdefault(name, requirement_lines(asked))
    return found


def _groups(project: dict[str, Any]) -> dict[str, list[str]]:
    groups = project.get("dependency-groups", {})
    return {name: _expand(groups, name, frozenset()) for name in groups}


def _expand(groups: dict[str, Any], name: str, seen: frozenset[str]) -> list[str]:
    """Return the requirements of a PEP 735 group with its included groups; a ring is walked once."""
    if name in seen:
        return []
    needs: list[str] = []
    for entry in groups.get(name, []):
        if isinstance(entry, dict):
            needs += _expand(groups, str(entry.get("include-group")), seen | {name})
        else:
            needs += requirement_lines(str(entry))
    return needs


def _tool_tables(project: dict[str, Any]) -> list[tuple[str, list[str]]]:
    tool = project.get("tool", {})
    found: list[tuple[str, list[str]]] = []
    poetry = tool.get("poetry", {})
    found.append(("dev", poetry_requirements(poetry.get("dev-dependencies", {}))))
    for name, group in poetry.get("group", {}).items():
        found.append((name, poetry_requirements(group.get("dependencies", {}))))
    for name, needs in tool.get("pdm", {}).get("dev-dependencies", {}).items():
        found.append((name, requirement_lines(map(str, needs))))
    found.append(("dev", requirement_lines(map(str, tool.get("uv", {}).get("dev-dependencies", [])))))
    for name, env in tool.get("hatch", {}).get("envs", {}).items():
        needs = [*env.get("dependencies", []), *env.get("extra-dependencies", [])]
        # hatch's `default` environment is where the tests run unless one is named for them.
        found.append(("test" if name in ("default", "hatch-test") else name, requirement_lines(map(str, needs))))
    return found


def _files(tree: SourceTree) -> list[tuple[str, list[str]]]:
    """Return the requirements files by what their names say: `requirements/tests.txt` and `test_requirements.txt` are tests."""
    found = []
    for path in sorted(tree.files):
        plain = path.lower()
        if not _FILE.fullmatch(plain) or not ("require" in plain or plain.startswith("ci/") or "deps" in plain):
            continue
        words = re.split(r"[/._-]", plain)
        name = next((word for word in words if _is_tests(word)), None) or next(
            (w for w in words if _is_dev(w)), "other"
        )
        found.append((name, requirements_file(path, tree.text)))
    return found


def _setup_keywords(tree: SourceTree) -> list[tuple[str, list[str]]]:
    """Return `tests_require` and `extras_require` of a setup.py as far as they are written out."""
    found = []
    for keyword in walk_python(tree, "setup.py", ast.keyword):
        if keyword.arg in ("tests_require", "extras_require"):
            value = _literal(keyword.value)
            tables = value.items() if isinstance(value, dict) else [("tests", value)]
            found += [(str(n), requirement_lines(map(str, v))) for n, v in tables if isinstance(v, list | tuple)]
    return found


def _literal(node: ast.AST) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None


def _scripts(tree: SourceTree) -> list[str]:
    names = [
        name for name in sorted(tree.files) if _CI.fullmatch(name) or name in ("Makefile", "tox.ini", "CONTRIBUTING.md")
    ]
    return [tree.text(name) or "" for name in names[:30]]


def _requires_python(project: dict[str, Any], config: configparser.RawConfigParser, tree: SourceTree) -> str:
    said = project.get("project", {}).get("requires-python")
    if isinstance(said, str):
        return said
    metadata = re.search(r"^Requires-Python: (.+)$", tree.text("PKG-INFO") or "", re.MULTILINE)
    if metadata:
        return metadata[1].strip()
    if "options" in config and config["options"].get("python_requires"):
        return str(config["options"]["python_requires"])
    for keyword in walk_python(tree, "setup.py", ast.keyword):
        if keyword.arg == "python_requires" and isinstance(_literal(keyword.value), str):
            return str(_literal(keyword.value))
    return ""
