"""SourceTree: the files of a repository at one commit, held as bytes and never run on the host."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from images.errors import RefusedSource
from images.file_names import is_text_name
from images.plain_text import one_line

MAX_FILES = 50_000
MAX_BYTES = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """Files by relative path; `executable` names those with the x bit; `skipped` counts links and special files.

    `dated` is when the commit was made or the release uploaded, where that is known; it is no part of the digest.
    """

    files: Mapping[str, bytes]
    executable: frozenset[str] = field(default_factory=frozenset)
    skipped: int = 0
    dated: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        size = sum(len(data) for data in self.files.values())
        if len(self.files) > MAX_FILES or size > MAX_BYTES:
            raise RefusedSource(
                "bytes" if size > MAX_BYTES else "entries",
                f"the source has {len(self.files)} files and {size} bytes: at most {MAX_FILES} and {MAX_BYTES} are taken",
            )
        for name in self.files:
            if any(folder in self.files for folder in _folders(name)):
                raise RefusedSource("duplicate name", f"file name {one_line(name)!r} lies below another file")

    @property
    def digest(self) -> str:
        """Return the SHA-256 over names and contents: equal trees have equal digests on every machine."""
        total = hashlib.sha256()
        for name in sorted(self.files):
            total.update(f"{name}\0{len(self.files[name])}\0".encode("utf-8", "surrogateescape"))
            total.update(self.files[name])
        return total.hexdigest()

    def text(self, name: str) -> str | None:
        """Return a file as text, or None when it is not there or not UTF-8."""
        try:
            return self.files[name].decode() if name in self.files else None
        except UnicodeDecodeError:
            return None

    def python_files(self) -> list[str]:
        """Return the paths of all Python files, sorted."""
        return sorted(name for name in self.files if name.endswith(".py") and is_text_name(name))

    def test_files(self) -> list[str]:
        """Return the Python files that pytest collects by its default names; where none is, those that lie with tests."""
        return [n for n in self.python_files() if is_test_name(n)] or [
            n for n in self.python_files() if _lies_with_tests(n)
        ]

    def source_files(self) -> list[str]:
        """Return the Python files of the project itself: no tests, packaging scripts, documentation or examples."""
        return [n for n in self.python_files() if _is_source_name(n)]


def _folders(name: str) -> Iterator[str]:
    at = name.find("/")
    while at >= 0:
        yield name[:at]
        at = name.find("/", at + 1)


def is_test_name(name: str) -> bool:
    """Say whether pytest's default patterns take the file for a test module."""
    stem = PurePosixPath(name).stem
    return stem.startswith("test_") or stem.endswith("_test")


def _lies_with_tests(name: str) -> bool:
    path = PurePosixPath(name)
    helper = path.name in {"__init__.py", "__main__.py", "conftest.py", "setup.py"}
    return not helper and (path.stem in {"test", "tests"} or bool({"test", "tests"} & set(path.parts[:-1])))


def _is_source_name(name: str) -> bool:
    path = PurePosixPath(name)
    beside = {
        "tests",
        "test",
        "testing",
        "docs",
        "doc",
        "examples",
        "example",
        "benchmarks",
        "scripts",
        "tools",
        "misc",
    }
    outside = any(part in beside or part.startswith(".") for part in path.parts[:-1])
    single = path.name in {"setup.py", "conftest.py", "noxfile.py", "tasks.py", "_version.py", "versioneer.py"}
    return not (outside or single or is_test_name(name))
