"""Lists of repositories: a TOML file of [[repositories]], as in a recipe, or a JSONL file with one of them on each line."""

import json
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from images.repository_entry import RepositoryEntry
from pipelines.errors import RecipeError
from pipelines.recipe_table import from_table

_LARGEST_LIST = 100_000_000


def read_repository_list(path: Path) -> tuple[RepositoryEntry, ...]:
    """Return the repositories that a .toml or .jsonl file names, in its order.

    A row has the keys of a recipe's [[repositories]]; a line of a .jsonl may also be a spec alone, as a string. Raises
    `RecipeError`, with the line or row, for what cannot be read, unknown keys, wrong values and rows that repeat another.
    """
    if path.suffix not in (".toml", ".jsonl"):
        raise RecipeError(f"list {str(path)!r} is neither a .toml nor a .jsonl file")
    try:
        if path.stat().st_size > _LARGEST_LIST:
            raise RecipeError(f"list {str(path)!r} has more than {_LARGEST_LIST} bytes: split it")
        text = path.read_text()
    except OSError as error:
        raise RecipeError(f"list {str(path)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"list {str(path)!r} is not UTF-8: {error}") from error
    try:
        return _entries(_toml_rows(text) if path.suffix == ".toml" else _jsonl_rows(text))
    except RecipeError as error:
        raise RecipeError(f"list {str(path)!r}, {error}") from error


def _entries(rows: Iterator[tuple[str, Any]]) -> tuple[RepositoryEntry, ...]:
    entries: dict[RepositoryEntry, str] = {}
    for place, row in rows:
        table = {"spec": row} if isinstance(row, str) else row
        if not isinstance(table, dict):
            raise RecipeError(f"{place}: expected a table with a spec, found {type(row).__name__}")
        # TOML has dates of its own, which mean what the text does.
        dated = {k: v.isoformat() if k == "as_of" and type(v) in (date, datetime) else v for k, v in table.items()}
        try:
            entry = from_table(RepositoryEntry, dated, where="")
        except RecipeError as error:
            raise RecipeError(f"{place}: {error}") from error
        if entry in entries:
            raise RecipeError(f"{place}: repeats {entries[entry]}")
        entries[entry] = place
    if not entries:
        raise RecipeError("which holds no repositories: write a spec on each line, or [[repositories]] with one")
    return tuple(entries)


def _toml_rows(text: str) -> Iterator[tuple[str, Any]]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"which is not TOML: {error}") from error
    others = [key for key in table if key != "repositories"]
    if others:
        raise RecipeError(f"unknown key {others[0]!r}: did you mean 'repositories'?")
    rows = table.get("repositories", [])
    if not isinstance(rows, list):
        raise RecipeError("key 'repositories': expected [[repositories]]")
    for number, row in enumerate(rows, 1):
        yield f"row {number}", row


def _jsonl_rows(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield f"line {number}", json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RecipeError(f"line {number}: is not JSON: {error}") from error
