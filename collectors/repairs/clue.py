"""Clue: what the repairer knows when it looks for edits of one file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NOT_DEFINED = re.compile(r"name '(\w+)' is not defined|cannot access \w+ variable '(\w+)'|variable '(\w+)' referenced")
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """The suspicion of the file's lines, what failing tests say, and how other files import what is not defined."""

    lines: Mapping[int, float]
    message: str = ""
    imports: tuple[str, ...] = ()

    def missing_names(self) -> list[str]:
        """Return the names that failing tests find undefined."""
        found = (one or two or three for one, two, three in _NOT_DEFINED.findall(self.message))
        return list(dict.fromkeys(found))

    def unexpected_keywords(self) -> list[str]:
        """Return the keywords that a function was given and does not take."""
        return list(dict.fromkeys(_UNEXPECTED.findall(self.message)))
