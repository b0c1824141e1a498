"""Sides: which files of a change are the project's source, which its tests, and which tell of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from images.source_tree import SourceTree, is_test_name

_TEST_FOLDERS = {"test", "tests", "testing"}
_TELLING = re.compile(r"(change(s|log)?|history|news|release(s|[-_ ]?notes)?|versions)", re.IGNORECASE)
_TEXT_ENDINGS = {"", ".txt", ".md", ".rst"}
_LARGEST_HIDDEN = 400_000


def is_test_side(path: str) -> bool:
    """Say whether the file belongs to the tests: test modules, and all that lies with them or configures them."""
    place = PurePosixPath(path)
    named = path.endswith(".py") and (is_test_name(path) or place.name == "conftest.py")
    return named or bool(_TEST_FOLDERS & set(place.parts[:-1])) or place.name in ("test.py", "tests.py")


def is_changelog(path: str) -> bool:
    """Say whether the file tells what each version changed."""
    place = PurePosixPath(path)
    return place.suffix.lower() in _TEXT_ENDINGS and bool(_TELLING.fullmatch(place.stem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A change split up: texts of changed source files before and after (empty for one that is not there), and the
    changed files of the tests as they are after it.
    """

    before: Mapping[str, str]
    after: Mapping[str, str]
    hidden: Mapping[str, str]


def split_change(before: SourceTree, after: SourceTree) -> Sides:
    """Return the sides of the change from one tree to another; what is no UTF-8 text is left out."""
    own = {path for tree in (before, after) for path in tree.source_files() if not is_test_side(path)}
    changed = [path for path in sorted(own) if before.files.get(path) != after.files.get(path)]
    sources = {path: (_text(before, path), _text(after, path)) for path in changed}
    readable = {path: pair for path, pair in sources.items() if None not in pair}
    tests = [path for path in sorted(after.files) if is_test_side(path)]
    hidden = {path: after.text(path) for path in tests if before.files.get(path) != after.files[path]}
    return Sides(
        before={path: old or "" for path, (old, _) in readable.items()},
        after={path: new or "" for path, (_, new) in readable.items()},
        hidden={path: text for path, text in hidden.items() if text is not None and len(text) <= _LARGEST_HIDDEN},
    )


def _text(tree: SourceTree, path: str) -> str | None:
    return tree.text(path) if path in tree.files else ""


def before_the_tests(before: SourceTree, after: SourceTree) -> SourceTree:
    """Return the tree after a change without what it tells: its tests and its changelog are those from before it."""
    files = {path: data for path, data in after.files.items() if not _is_told(path)}
    files |= {path: data for path, data in before.files.items() if _is_told(path)}
    executable = frozenset(path for path in before.executable | after.executable if path in files)
    return SourceTree(files=files, executable=executable, skipped=after.skipped, dated=after.dated)


def _is_told(path: str) -> bool:
    return is_test_side(path) or is_changelog(path)
