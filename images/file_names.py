"""File names that a stranger chose: which ones a tree may hold, and where a link leads in it."""

import posixpath
import unicodedata

from images.errors import RefusedSource
from images.plain_text import one_line

_LONGEST_PART = 255
_LONGEST_PATH = 1_024
_DEEPEST = 64
# Bidirectional controls and separators: a name that holds one is shown as another name than it is.
_MISLEADING = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_name(name: str) -> str:
    """Return the relative path in plain form; raise `RefusedSource` for one that could leave the tree or mislead.

    Absolute names, `..`, a part named `.git` in any case, control characters, parts over 255 and paths over 1,024
    bytes, and paths deeper than 64 folders are refused.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or not parts or ".." in parts:
        raise _refused("name", name, "names must be relative, plain and without '..'")
    if any(unicodedata.category(c) == "Cc" or c in _MISLEADING for c in name):
        raise _refused("name", name, "names must hold no control characters")
    if is_git_name(name):
        raise _refused("name", name, "no part of a name may be '.git'")
    sizes = [len(part.encode("utf-8", "surrogateescape")) for part in parts]
    if max(sizes) > _LONGEST_PART or sum(sizes) + len(sizes) > _LONGEST_PATH or len(parts) > _DEEPEST:
        bounds = f"{_LONGEST_PART} bytes a part, {_LONGEST_PATH} bytes and {_DEEPEST} folders"
        raise _refused("path length", name, f"names have at most {bounds}")
    return "/".join(parts)


def is_git_name(name: str) -> bool:
    """Say whether a part of the name is `.git`, in any case."""
    return any(part.casefold() == ".git" for part in name.split("/"))


def _refused(rule: str, name: str, why: str) -> RefusedSource:
    return RefusedSource(rule, f"file name {one_line(name)!r} was refused: {why}")


def link_target(name: str, target: str) -> str | None:
    """Return the path in the tree that a symbolic link means by its words alone, or None when it leads out of it."""
    if target.startswith("/") or "\0" in target:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    return None if path == ".." or path.startswith("../") else path


def is_text_name(name: str) -> bool:
    """Say whether the name is UTF-8: others can be files of a tree, but no module that a dataset names."""
    return not any("\udc80" <= c <= "\udcff" for c in name)
