"""Normalised: what commands print, without what differs from run to run though nothing is different.

Each rule has the name by which a replay explains a difference. The rules are broad on purpose about form and narrow about
place: a plain date or number is kept, since tests speak of them.
"""

import hashlib
import re
from collections.abc import Callable
from typing import TypeAlias

_Rule: TypeAlias = tuple[re.Pattern[str], "str | Callable[[re.Match[str]], str]"]

_UNITS = r"(?:s|secs?|seconds?|ms|msecs?|milliseconds?|us|µs|usecs?|microseconds?|ns|nsecs?|nanoseconds?|min|minutes?)"
_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,]\d+)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"


def _sorted_set(match: re.Match[str]) -> str:
    return "{" + ", ".join(sorted(match[1].split(", "))) + "}"


RULES: dict[str, tuple[_Rule, ...]] = {
    "timing": (
        (re.compile(rf"(?<![\w.])\d+\.\d+(?:e-?\d+)? ?{_UNITS}\b"), "TIME"),
        (re.compile(r"(?<![\w.])\d+ ?(?:ms|us|µs|ns|usec|msec|nsec)\b"), "TIME"),
        (re.compile(r"\b\d+m\d+[.,]\d+s\b"), "TIME"),
        (re.compile(r"\(\d+:\d\d:\d\d\)"), "(TIME)"),
    ),
    "clock": (
        (re.compile(rf"{_DAY}[T ]{_CLOCK}(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?"), "CLOCK"),
        (re.compile(rf"\b(?:\w{{3}} )?{_MONTH} [ \d]\d {_CLOCK}(?: \w+)? \d{{4}}\b"), "CLOCK"),
        (re.compile(rf"\b{_MONTH} [ \d]\d \d\d:\d\d\b"), "CLOCK"),
        (re.compile(rf"\b{_CLOCK}\b"), "CLOCK"),
        (re.compile(r"(?<![\w.])1[6-9]\d{8}(?:\.\d+)?(?!\w)"), "CLOCK"),
    ),
    "address": ((re.compile(r"\b0x[0-9a-fA-F]{6,16}\b"), "0xADDRESS"),),
    "temporary path": (
        (re.compile(r"(/(?:var/)?tmp/)[\w.+-]+(?:/pytest-\d+(?=/))?"), r"\1PLACE"),
        (re.compile(r"\b(tmp)(?=[a-z0-9_]*[0-9_])[a-z0-9_]{8}\b"), r"\1PLACE"),
        (re.compile(r"\bpytest-of-\w+/pytest-\d+\b"), "PLACE"),
        (re.compile(r"/runs/[0-9a-f]{16}\b"), "/runs/PLACE"),
    ),
    "process": (
        (re.compile(r"(?i)\b(p?pid|process|thread)(s?[ =:#]+)\d+\b"), r"\1\2NUMBER"),
        (re.compile(r"(?m)^\[(\d+)\] +\d+$"), r"[\1] NUMBER"),
        (re.compile(r"(?m)(line \d+:) +\d+ (Killed|Terminated|Aborted|Hangup|Segmentation fault|Bus error)"), r"\1 \2"),
        (re.compile(r"==\d+=="), "==NUMBER=="),
        (re.compile(r"\bstarted (daemon )?\d{6,}"), r"started \1NUMBER"),
    ),
    "identifier": (
        (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
        (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
        (re.compile(r"(?m)^(\[\S+(?: \(root-commit\))?) [0-9a-f]{7,12}\]"), r"\1 COMMIT]"),
    ),
    # Nothing in front of the closing brace may repeat twice: an output of a million commas would take for ever.
    "order": ((re.compile(r"\{([^{}:\n]*)\}"), _sorted_set),),
}


def normalised(text: str, *, root: str = "", without: str = "") -> str:
    """Return the text with all rules applied but the one named `without`; `root` is what the repository's folder was."""
    if root:
        text = text.replace(root, "/testbed")
    for name, rules in RULES.items():
        if name != without:
            for pattern, replacement in rules:
                text = pattern.sub(replacement, text)
    return text


def digest_of(text: str, *, root: str = "") -> str:
    """Return the SHA-256 of the normalised text."""
    return hashlib.sha256(normalised(text, root=root).encode("utf-8", "replace")).hexdigest()


def rules_needed(one: str, other: str) -> list[str]:
    """Return the rules without which the texts would not be equal; none when no rule alone makes the difference."""
    return [name for name in RULES if normalised(one, without=name) != normalised(other, without=name)]
