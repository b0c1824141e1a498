"""Failure classes: what kind of failure a stage's output shows, by the patterns in failure_classes.toml."""

import functools
import re
import tomllib
from importlib.resources import files


def classify(text: str, *, stage: str) -> str:
    """Return the first class whose pattern the text shows; the stage's own name when none does."""
    for name, stages, pattern in _classes():
        if (not stages or stage in stages) and pattern.search(text):
            return name
    return stage


@functools.cache
def _classes() -> list[tuple[str, tuple[str, ...], re.Pattern[str]]]:
    table = tomllib.loads((files("images") / "failure_classes.toml").read_text())
    return [
        (entry["name"], tuple(entry.get("stages", ())), re.compile("|".join(f"(?:{p})" for p in entry["patterns"])))
        for entry in table["class"]
    ]
