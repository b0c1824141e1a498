"""Version 2: rows of images as the second version of the schema stored them, as rows of today's."""

from typing import Any

Row = dict[str, Any]

# What builds did not record then.
_UNKNOWN: Row = {
    "worldline_version": "",
    "as_of": "",
    "recipe": "",
    "recipe_digest": "",
    "system_packages": [],
    "restore_command": [],
    "evaluation_script": "",
    "dockerfile": "",
    "collection_errors": 0,
    "attempts": [],
    "shared_bytes": 0,
    "fetched_bytes": 0,
}


def upgraded_image(row: Row) -> Row:
    """Return the row in today's form; one of another dataset is the same in both.

    Two runs had to agree then for a test to be called passed, so its pass rate is known from the outcome but for `flaky`.
    """
    if "install_commands" not in row:
        return row
    tests = [{**test, "pass_rate": _rate(test["outcome"])} for test in row.get("tests") or ()]
    return {**_UNKNOWN, **row, "tests": tests}


def _rate(outcome: str) -> float | None:
    return None if outcome == "flaky" else float(outcome == "passed")
