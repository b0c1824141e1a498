"""DeclaredNeeds: what a repository's own files say that its tests need; the files are read, never run."""

import ast
import configparser
import re
import shlex
import tomllib
from dataclasses import dataclass
from typing import Any

from images.requirement_lines import poetry_requirements, requirement_lines, requirements_file
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
_PIP = re.compile(r"\bpip3?\s+install\s+([^\n;&|]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredNeeds:
    """Requirements by what they are for: named for tests, for development, or anything that any file of it installs.

    `extras` are those of the project itself that are named for tests, `dev_extras` for development; `requires_python` is
    the project's own specifier, empty when unsaid.
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
    config = _ini(tree.text("setup.cfg"))
    extras = {name: tuple(needs) for name, needs in _extras(project, config, tree).items()}
    named: dict[str, list[str]] = {}
    for name, needs in [*_groups(project), *_tool_tables(project), *_files(tree), *_tox(tree), *_nox(tree)]:
        named.setdefault(name, []).extend(needs)
    for name, needs in _setup_keywords(tree):
        named.setdefault(name, []).extend(needs)
    tests = [need for name, needs in named.items() if _is_tests(name) for need in needs]
    dev = [need for name, needs in named.items() if _is_dev(name) for need in needs]
    shell = [need for text in _scripts(tree) for need in _installed(text, tree)]
    declared = [need for needs in [*named.values(), *extras.values()] for need in needs]
    return DeclaredNeeds(
        extras=tuple(name for name in extras if _is_tests(name)),
        dev_extras=tuple(name for name in extras if _is_dev(name)),
        tests=_unique(tests),
        dev=_unique(dev),
        anywhere=_unique([*declared, *shell]),
        requires_python=_requires_python(project, config, tree),
        installable=bool(project.get("project") or project.get("build-system") or _has_setup(tree, project)),
    )


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


def _ini(text: str | None) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text or "")
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser


def _extras(project: dict[str, Any], config: configparser.RawConfigParser, tree: SourceTree) -> dict[str, list[str]]:
    """Return the project's extras with their requirements; PKG-INFO names those that only a build would tell."""
    found: dict[str, list[str]] = {}
    for name, needs in project.get("project", {}).get("optional-dependencies", {}).items():
        found[name] = requirement_lines(map(str, needs))
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


def _groups(project: dict[str, Any]) -> list[tuple[str, list[str]]]:
    groups = project.get("dependency-groups", {})
    return [(name, _expand(groups, name, frozenset())) for name in groups]


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


def _tox(tree: SourceTree) -> list[tuple[str, list[str]]]:
    """Return tox's `deps` of the plain test environment, and of all others under their names."""
    found: list[tuple[str, list[str]]] = []
    for config in (_ini(tree.text("tox.ini")), _ini(_legacy_tox(tree))):
        for section in config.sections():
            if section.startswith("testenv") and config[section].get("deps"):
                deps = re.sub(r"^[\w,{}!.-]+:\s+", "", config[section]["deps"], flags=re.MULTILINE)
                name = "test" if section in ("testenv", "testenv:py", "testenv:test", "testenv:tests") else section
                found.append((name, [n for line in deps.splitlines() for n in _line(line, tree)]))
    return found


def _legacy_tox(tree: SourceTree) -> str:
    return str(read_pyproject(tree).get("tool", {}).get("tox", {}).get("legacy_tox_ini", ""))


def _line(line: str, tree: SourceTree) -> list[str]:
    file = re.match(r"\s*-r\s*(?:\{toxinidir\}/)?(\S+)", line)
    return requirements_file(file[1], tree.text) if file else requirement_lines(line)


def _nox(tree: SourceTree) -> list[tuple[str, list[str]]]:
    """Return what the sessions of a noxfile install, by the session's name."""
    found = []
    for function in _walk(tree, "noxfile.py", ast.FunctionDef):
        words: list[str] = []
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "install":
                words += [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        found.append((function.name, _installed_words(words, tree)))
    return found


def _walk(tree: SourceTree, name: str, kind: type[Any]) -> list[Any]:
    try:
        parsed = ast.parse(tree.text(name) or "")
    except (SyntaxError, ValueError, RecursionError):
        return []
    return [node for node in ast.walk(parsed) if isinstance(node, kind)]


def _setup_keywords(tree: SourceTree) -> list[tuple[str, list[str]]]:
    """Return `tests_require` and `extras_require` of a setup.py as far as they are written out."""
    found = []
    for keyword in _walk(tree, "setup.py", ast.keyword):
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


def _installed(text: str, tree: SourceTree) -> list[str]:
    needs = []
    for command in _PIP.findall(text):
        try:
            needs += _installed_words(shlex.split(command, comments=True), tree)
        except ValueError:
            continue
    return needs


def _installed_words(words: list[str], tree: SourceTree) -> list[str]:
    needs = []
    for at, word in enumerate(words):
        if at and words[at - 1] in ("-r", "--requirement"):
            needs += requirements_file(word, tree.text)
        elif not word.startswith((".", "-", "$", "{")) and (at == 0 or words[at - 1] not in ("-e", "-c")):
            needs += requirement_lines(word)
    return needs


def _requires_python(project: dict[str, Any], config: configparser.RawConfigParser, tree: SourceTree) -> str:
    said = project.get("project", {}).get("requires-python")
    if isinstance(said, str):
        return said
    metadata = re.search(r"^Requires-Python: (.+)$", tree.text("PKG-INFO") or "", re.MULTILINE)
    if metadata:
        return metadata[1].strip()
    if "options" in config and config["options"].get("python_requires"):
        return str(config["options"]["python_requires"])
    for keyword in _walk(tree, "setup.py", ast.keyword):
        if keyword.arg == "python_requires" and isinstance(_literal(keyword.value), str):
            return str(_literal(keyword.value))
    return ""
