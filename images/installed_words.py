"""Installed words: what the words of install commands name: requirements, and the project's own extras and groups."""

import configparser
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from images.requirement_lines import requirement_lines, requirements_file

_PIP = re.compile(r"\bpip3?\s+install\s+([^\n;&|]+)")
_OWN_EXTRAS = re.compile(r"(?:^|-e|[\s'\"=/}])(?:\.|\{toxinidir\}|\{tox_root\})\[([\w.,\s-]+)\]")
_EXTRA = re.compile(r"(?:--extra|--extras|-E)[=\s]+(?:\"([^\"]+)\"|'([^']+)'|([\w.,-]+))")
_GROUP = re.compile(r"(?:--group|--only-group|--with|-G)[=\s]+(?:\"([^\"]+)\"|'([^']+)'|([\w.,-]+))")

Read = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Extras of the project itself, and groups of its dependencies, that commands ask for."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def joined(self, other: "Asked") -> "Asked":
        """Return what either asks for."""
        return Asked(extras=(*self.extras, *other.extras), groups=(*self.groups, *other.groups))


def asked_by(text: str) -> Asked:
    """Return what the commands of pip, uv, poetry and pdm in a text ask for, as in `pip install .[test]`."""
    extras = [name for found in _OWN_EXTRAS.findall(text) for name in re.split(r"[\s,]+", found)]
    return Asked(
        extras=tuple(dict.fromkeys(filter(None, [*extras, *_values(_EXTRA, text)]))),
        groups=tuple(dict.fromkeys(_values(_GROUP, text))),
    )


def _values(pattern: re.Pattern[str], text: str) -> list[str]:
    return [name for found in pattern.findall(text) for name in re.split(r"[\s,]+", "".join(found)) if name]


def installed_by(text: str, read: Read) -> list[str]:
    """Return the requirements that the pip commands of a text install, those of the files that they name included."""
    needs = []
    for command in _PIP.findall(text):
        try:
            needs += installed_words(shlex.split(command, comments=True), read)
        except ValueError:
            continue
    return needs


def installed_words(words: Sequence[str], read: Read) -> list[str]:
    """Return the requirements that these arguments of `pip install` name."""
    needs = []
    for at, word in enumerate(words):
        if at and words[at - 1] in ("-r", "--requirement"):
            needs += requirements_file(word, read)
        elif not word.startswith((".", "-", "$", "{")) and (at == 0 or words[at - 1] not in ("-e", "-c")):
            needs += requirement_lines(word)
    return needs


def read_ini(text: str | None) -> configparser.RawConfigParser:
    """Return an ini file, empty when it is not there or cannot be read."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text or "")
    except configparser.Error:
        return configparser.RawConfigParser()
    return parser
