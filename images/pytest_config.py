"""PytestConfig: what a project's own configuration says about its tests, as far as our runs respect it.

Our runs replace `addopts`. What selects tests, loads plugins or changes how tests are imported is kept, since a suite is
another one without it (click leaves out 30,000 stress tests by `-m "not stress"`). What measures coverage, spreads tests
over processes or shapes reports is dropped: we read outcomes from one process through a channel of our own. Options that
are in neither list are dropped too, because a plugin that is not installed would end the run.
"""

import configparser
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# In pytest's own order: the first file that has its section is the configuration.
CONFIG_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_SECTIONS = {"tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_WITH_VALUE = {"-m", "-k", "-p", "-W"}
_LONG = {
    "--ignore",
    "--ignore-glob",
    "--deselect",
    "--import-mode",
    "--asyncio-mode",
    "--confcutdir",
    "--pythonwarnings",
    "--ds",
}
_UNWANTED_PLUGINS = {"xdist", "xdist.plugin", "pytest_cov", "pytest_cov.plugin", "randomly", "no:cacheprovider"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestConfig:
    """The options of `addopts` that are kept, and the paths in which the project has its tests, empty when unsaid."""

    options: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()


def read_config(files: Mapping[str, bytes]) -> PytestConfig:
    """Return the configuration that pytest would take of these files of a repository's root."""
    for name in CONFIG_FILES:
        if name in files:
            section = _section(name, files[name].decode("utf-8", "replace"))
            if section is not None:
                paths = _words(section.get("testpaths", ""))
                return PytestConfig(options=tuple(keep_options(_words(section.get("addopts", "")))), testpaths=paths)
    return PytestConfig()


def keep_options(words: tuple[str, ...]) -> list[str]:
    """Return the words of the options that select tests, load plugins, or change how tests are imported."""
    kept: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, has_value, value = word.partition("=")
        if name in _LONG and (has_value or rest):
            kept.append(f"{name}={value if has_value else rest.pop(0)}")
        elif word[:2] in _WITH_VALUE and not word.startswith("--") and (word[2:] or rest):
            value = word[2:].removeprefix("=") or rest.pop(0)
            if word[:2] != "-p" or value not in _UNWANTED_PLUGINS:
                kept += [word[:2], value]
    return kept


def _section(name: str, text: str) -> Mapping[str, Any] | None:
    if name.endswith(".toml"):
        return _toml_section(name, text)
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    wanted = _SECTIONS.get(name, "pytest")
    if wanted in parser:
        return parser[wanted]
    # An empty pytest.ini is a configuration too, which says that no other file is.
    return {} if name in ("pytest.ini", ".pytest.ini") else None


def _toml_section(name: str, text: str) -> Mapping[str, Any] | None:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    if name != "pyproject.toml":
        found = table.get("pytest", {})
    else:
        pytest = table.get("tool", {}).get("pytest", None)
        found = pytest.get("ini_options", pytest) if isinstance(pytest, dict) else None
    return found if isinstance(found, dict) else None


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    try:
        return tuple(shlex.split(str(value or ""), comments=False))
    except ValueError:
        return ()
