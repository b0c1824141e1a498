"""Finer: the parts of a value in which its old and new text differ: attributes of an object, entries of a container."""

import ast
import re
from collections.abc import Iterator, Mapping

Changes = Mapping[str, tuple[str | None, str]]
_ATTRIBUTE = re.compile(r" ([^\W\d]\w*)=")
_OBJECT = re.compile(r"<([\w.]+)(?= \w+=| object>)")
_OPENING, _CLOSING = "([{<", ")]}>"
_SHORT = 40


def finer(name: str, old: str | None, new: str, *, room: int) -> Changes:
    """Return the change of a name as changes of `name.attribute`, `name['key']` or `name[2]` where the texts tell them.

    An object is always told by its attributes, a container where both of its texts are longer than `room` together. What
    was removed cannot be told so, nor what a text leaves out: then the change stays one of the whole value.
    """
    if old is None:
        return {name: (old, new)}
    parts = _parts(old), _parts(new)
    if parts[0] is None or parts[1] is None:
        if len(old) + len(new) <= max(room, _SHORT):
            return {name: (old, new)}
        parts = _entries(old), _entries(new)
    before, after = parts
    if before is None or after is None or set(before) - set(after):
        return {name: (old, new)}
    found: dict[str, tuple[str | None, str]] = {}
    for key, text in after.items():
        if before.get(key) != text:
            found.update(finer(f"{name}{key}", before.get(key), text, room=room))
    return found or {name: (old, new)}


def _parts(text: str) -> dict[str, str] | None:
    """Return the attributes of an object's text, `.name` to text; None for any other text, and one that is cut."""
    named = _OBJECT.match(text)
    if named is None or not text.endswith(">") or "<... " in text:
        return None
    if text == f"<{named[1]} object>":
        return {}
    inner = text[named.end() : -1]
    top = set(_top_level(inner))
    places = [found for found in _ATTRIBUTE.finditer(inner) if found.start() in top]
    if not places or places[0].start() or _depth(inner):
        return None
    ends = [found.start() for found in places[1:]] + [len(inner)]
    return {f".{found[1]}": inner[found.end() : end] for found, end in zip(places, ends, strict=True)}


def _top_level(text: str) -> Iterator[int]:
    """Yield the places of a text that are inside no bracket and no string."""
    depth, quote, at = 0, "", 0
    while at < len(text):
        letter = text[at]
        if quote:
            at += letter == "\\"
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif depth == 0:
            yield at
        at += 1


def _depth(text: str) -> int:
    """Return 0 where a text of values is closed: its end is on the top level of what follows it."""
    return 0 if len(text) in set(_top_level(f"{text} ")) else 1


def _entries(text: str) -> dict[str, str] | None:
    """Return the entries of a literal dictionary or list, `['key']` or `[2]` to text; None for any other text."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    if repr(value) != text:
        return None
    if isinstance(value, dict):
        return {f"[{key!r}]": repr(item) for key, item in value.items()}
    if isinstance(value, list):
        return {f"[{place}]": repr(item) for place, item in enumerate(value)}
    return None
