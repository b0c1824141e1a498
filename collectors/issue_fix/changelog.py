"""Changelog: what a project's own notes say of a change: entries found by version, and chosen by the words of the fix."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from collectors.issue_fix.sides import is_changelog

_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+(?:\.?(?:a|b|rc|post|dev)\d*)?)(?![\w.]*\w)")
_BULLET = re.compile(r"^(\s*)(?:[-*+•]|\(?#?\d+[.)])\s+(?=\S)")
_UNDERLINE = re.compile(r"[=\-~^*\"'#+]{3,}\s*")
_MARKDOWN_HEAD = re.compile(r"#{1,6}\s")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CAMEL = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_LONGEST_HEAD, _SHORTEST_WORD, _RARE = 100, 4, 3
_EVERYDAY = frozenset(
    """test tests with from that this when case cases init self none true false value values return returns type types name
    names list dict string support added fixed python function functions method methods class error errors""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Notes of a change: where they were found, and their entries as plain text."""

    source: str
    entries: tuple[str, ...]


def notes_between(before: Mapping[str, str], after: Mapping[str, str], versions: tuple[str, str]) -> Notes:
    """Return the entries of the versions above the first and up to the second.

    `before` and `after` are the texts of both releases. Where no section bears such a version, what the second's
    changelog has and the first's has not is taken.
    """
    for path in sorted(after, key=lambda path: (path.count("/"), path)):
        if is_changelog(path) and after[path].strip():
            lines = _sections(after[path], versions)
            if not lines:
                known = set(before.get(path, "").splitlines())
                lines = [line for line in after[path].splitlines() if not line.strip() or line not in known]
            entries = entries_of(lines)
            if entries:
                return Notes(source=path, entries=tuple(entries))
    return Notes(source="", entries=())


def _sections(text: str, versions: tuple[str, str]) -> list[str]:
    """Return the lines of the sections whose heading names a version between the two."""
    lines, kept, inside = text.splitlines(), [], False
    first, last = (_version(version) for version in versions)
    for number, line in enumerate(lines):
        under = lines[number + 1] if number + 1 < len(lines) else ""
        version = _heading(line, under)
        if version is not None and first is not None and last is not None:
            inside = first < version <= last
        elif inside:
            kept.append(line)
    return kept


def _heading(line: str, under: str) -> Version | None:
    """Return the version that a line names when it is a heading: short, and marked as one or nothing but a version."""
    found = _VERSION.search(line)
    if not found or len(line) > _LONGEST_HEAD or (_BULLET.match(line) and not line.lstrip().startswith("#")):
        return None
    marked = (
        _MARKDOWN_HEAD.match(line)
        or _UNDERLINE.fullmatch(under)
        or line.lstrip().startswith(("**", "Version", "Release"))
    )
    bare = line.strip().lower().startswith((found[0].lower(), f"[{found[1]}"))
    return _version(found[1]) if marked or (bare and not line[:1].isspace()) else None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def entries_of(lines: Sequence[str]) -> list[str]:
    """Return the bullets and paragraphs of a section as plain text, headings left out."""
    parts: list[list[str]] = [[]]
    for number, line in enumerate(lines):
        under = lines[number + 1] if number + 1 < len(lines) else ""
        if not line.strip() or _is_no_text(line, under):
            parts.append([])
        elif _BULLET.match(line):
            parts.append([_BULLET.sub("", line)])
        else:
            parts[-1].append(line)
    made = (plain(" ".join(part)) for part in parts)
    return [entry for entry in made if len(_WORD.findall(entry)) >= 3]


def _is_no_text(line: str, under: str) -> bool:
    """Say whether the line is a heading, an underline, a directive, a comment or a table."""
    underlined = bool(line.strip()) and not line[:1].isspace() and _UNDERLINE.fullmatch(under.strip() or "x")
    marked = _MARKDOWN_HEAD.match(line) or _UNDERLINE.fullmatch(line.strip() or "x")
    return bool(underlined or marked or line.lstrip().startswith((".. ", "<!--", "|")))


def plain(text: str) -> str:
    """Return the text without marks of reStructuredText and Markdown, links, numbers of issues, and thanks."""
    text = re.sub(r":(?:issue|pr|pull|gh|ghissue|user|bpo):`[^`]*`", "", text)
    text = re.sub(r"[\[(][^()\[\]]{0,60}(?:#|GH-)\d+[^()\[\]]{0,30}[\])](?!\()", "", text)
    text = re.sub(r":(?:[a-z]+:)?[a-z]+:`~?!?([^`<]+?)(?:\s*<[^`>]*>)?`", r"`\1`", text)
    text = re.sub(r"`([^`<]+?)\s*<[^`>]+>`__?", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\[([^\]]+)\]\[[^\]]*\]", r"\1", text)
    text = text.replace("``", "`")
    text = re.sub(
        r"\(?(?:by|thanks(?: to)?|patch by|contributed by)\s+@?[\w .-]+\)?\.?\s*$", "", text, flags=re.IGNORECASE
    )
    text = re.sub(r"\bhttps?://\S+", "", text)
    text = re.sub(
        r"[\[(]?\s*(?:(?:issues?|pr|pull(?: request)?|gh|bug|closes|fixes)[\s:]*)?`?(?:GH-|#)\d+`?_?\s*[\])]?",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"(?:\s|[,;(])*\bby @[\w-]+(?:\s+in)?", "", text)
    text = re.sub(r"\s+([.,;:)])", r"\1", re.sub(r"\s+", " ", text))
    return re.sub(r"\.{2}(?!\.)$", ".", text.strip(" -,;"))


def choose_entry(entries: Sequence[str], words: Collection[str]) -> str:
    """Return the entry that shares the most telling words with the fix, empty when none shares one that is rare.

    A word tells the more, the fewer entries have it.
    """
    split = [words_of(entry) for entry in entries]
    often = Counter(word for found in split for word in found)
    best, most = "", 0.0
    for entry, found in zip(entries, split, strict=True):
        shared = [word for word in found & set(words) if often[word] <= _RARE]
        score = sum(1 / often[word] for word in shared)
        if score > most:
            best, most = entry, score
    return best


def words_of(text: str) -> set[str]:
    """Return the words of a text in lower case, names whole and in their parts, everyday words left out."""
    names = set(_WORD.findall(text))
    parts = {part for name in names for part in (name, *_CAMEL.findall(name.replace("_", " ")))}
    return {part.lower() for part in parts if len(part) >= _SHORTEST_WORD and part.lower() not in _EVERYDAY}
