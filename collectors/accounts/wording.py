"""Wording: values as inline code, lists in English, and the choice among phrases, which depends on content alone."""

import functools
import re
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from collectors.accounts.final_value import code

_OBJECT = re.compile(r"<[\w.]+(?= \w+=)")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Phrases:
    """Chooses among the sentences of `phrases.toml`; the same seed, occasion and place give the same one."""

    def __init__(self, seed: str) -> None:
        self._seed = seed

    def say(self, occasion: str, place: str, **parts: str) -> str:
        """Return a sentence for the occasion with its parts filled in, beginning with a capital letter."""
        choices = _phrases()[occasion]
        chosen = choices[zlib.crc32(f"{self._seed} {occasion} {place}".encode("utf-8", "replace")) % len(choices)]
        text = chosen.format(**parts)
        return text[:1].upper() + text[1:]


@functools.cache
def _phrases() -> dict[str, list[str]]:
    table: dict[str, list[str]] = tomllib.loads((files("collectors.accounts") / "phrases.toml").read_text())
    return table


def shortened(text: str, width: int) -> str:
    """Return the text on one line, cut in the middle where it is longer than `width`."""
    line = text.replace("\n", " ")
    if len(line) <= width:
        return line
    named = _OBJECT.match(line)
    if named is not None and line.endswith(">"):
        return f"{named[0]} …>"
    return f"{line[: width // 2 - 1]} … {line[len(line) - (width - width // 2) + 2 :]}"


def value(text: str, width: int) -> str:
    """Return a value as inline code of at most about `width` characters."""
    return code(shortened(text, width))


def listing(parts: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1] if parts else ""


def number(count: int) -> str:
    """Return a small number as a word."""
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def times(count: int) -> str:
    """Return `once`, `twice`, `three times`."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def counted(count: int, noun: str) -> str:
    """Return `one round`, `two rounds`."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def assigned(values: Mapping[str, str], width: int, *, by: str = "is") -> str:
    """Return "`a` is `1` and `b` is `2`", with another word for `is` where one is given."""
    return listing([f"{code(name)} {by} {value(text, width)}" for name, text in values.items()])
