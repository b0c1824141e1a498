"""Session needs: what the environments of tox and the sessions of nox install; their files are read, never run."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from dataclasses import dataclass, field
from typing import Any

from images.installed_words import Asked, asked_by, installed_words, read_ini
from images.requirement_lines import requirement_lines, requirements_file
from images.source_tree import SourceTree

_MAIN = re.compile(r"testenv(:(py|tests?))?")
_FACTORS = re.compile(r"^[\w,{}!.-]+:\s+", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One environment: its name (`test` for tox's own), what it installs, and the extras and groups of the project in it."""

    name: str
    needs: tuple[str, ...] = ()
    asked: Asked = field(default_factory=Asked)


def read_sessions(tree: SourceTree) -> list[Session]:
    """Return the environments of tox and nox that the tree describes."""
    pyproject = _toml(tree.text("pyproject.toml"))
    tables = (_toml(tree.text("tox.toml")), pyproject.get("tool", {}).get("tox", {}))
    legacy = str(tables[1].get("legacy_tox_ini", "")) if isinstance(tables[1], Mapping) else ""
    found = [s for text in (tree.text("tox.ini"), legacy, tree.text("setup.cfg")) for s in _ini_sessions(text, tree)]
    found += [session for table in tables if isinstance(table, Mapping) for session in _toml_sessions(table, tree)]
    return [*found, *_nox(tree)]


def _toml(text: str | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except tomllib.TOMLDecodeError:
        return {}


def _ini_sessions(text: str | None, tree: SourceTree) -> Iterator[Session]:
    config: RawConfigParser = read_ini(text)
    for section in config.sections():
        if not section.startswith("testenv"):
            continue
        values = {name: _FACTORS.sub("", value or "") for name, value in config[section].items()}
        deps = [need for line in values.get("deps", "").splitlines() for need in _line(line, tree)]
        extras, groups = (re.split(r"[\s,]+", values.get(n, "").strip()) for n in ("extras", "dependency_groups"))
        asked = asked_by("\n".join(values.get(name, "") for name in ("deps", "commands", "commands_pre")))
        yield Session(
            name="test" if _MAIN.fullmatch(section) else section,
            needs=tuple(deps),
            asked=asked.joined(Asked(extras=tuple(filter(None, extras)), groups=tuple(filter(None, groups)))),
        )


def _line(line: str, tree: SourceTree) -> list[str]:
    file = re.match(r"\s*-r\s*(?:\{toxinidir\}/|\{tox_root\}/)?(\S+)", line)
    return requirements_file(file[1], tree.text) if file else requirement_lines(line)


def _toml_sessions(table: Mapping[str, Any], tree: SourceTree) -> Iterator[Session]:
    environments = table.get("env", {})
    named = environments.items() if isinstance(environments, Mapping) else ()
    for name, values in [("test", table.get("env_run_base")), *named]:
        if isinstance(values, Mapping):
            words = {key: _strings(values.get(key)) for key in ("deps", "extras", "dependency_groups", "commands")}
            asked = asked_by(" ".join([*words["deps"], *words["commands"]]))
            plain = Asked(extras=tuple(words["extras"]), groups=tuple(words["dependency_groups"]))
            deps = [need for line in words["deps"] for need in _line(line, tree)]
            yield Session(
                name="test" if re.match(r"py|3\.", name) else name, needs=tuple(deps), asked=asked.joined(plain)
            )


def _strings(value: Any) -> list[str]:
    """Return all texts of a nested list, in order."""
    if isinstance(value, str):
        return [value]
    return [text for part in value for text in _strings(part)] if isinstance(value, list) else []


def _nox(tree: SourceTree) -> Iterator[Session]:
    for function in walk_python(tree, "noxfile.py", ast.FunctionDef):
        words, groups, needs = list[str](), list[str](), list[str]()
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                words += texts if call.func.attr in ("install", "run", "run_install", "run_always") else []
                groups += texts if call.func.attr == "dependency_groups" else []
                needs += installed_words(texts, tree.text) if call.func.attr == "install" else []
        asked = asked_by(" ".join(words)).joined(Asked(groups=tuple(groups)))
        yield Session(name=function.name, needs=tuple(needs), asked=asked)


def walk_python(tree: SourceTree, name: str, kind: type[Any]) -> list[Any]:
    """Return the nodes of a kind in a Python file; none when it is not there or cannot be read."""
    try:
        parsed = ast.parse(tree.text(name) or "")
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [node for node in ast.walk(parsed) if isinstance(node, kind)]
