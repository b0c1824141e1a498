"""Changed lines: the difference of two texts as whole lines, of which the old ones stand once in the text before."""

import re

# `splitlines` also splits at form feeds and more, which source files hold.
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def changed_lines(before: str, after: str) -> tuple[str, str]:
    """Return the lines to search and the lines to put in their place, with as many around them as make the old ones unique."""
    old, new = _LINE.findall(before), _LINE.findall(after)
    first = _equal(old, new)
    kept = _equal(old[first:][::-1], new[first:][::-1])
    last = len(old) - kept
    while first == last or _stands(before, "".join(old[first:last])) > 1:
        if first:
            first -= 1
        elif last < len(old):
            last += 1
        else:
            break
    return "".join(old[first:last]), "".join(new[first : len(new) - (len(old) - last)])


def _equal(one: list[str], two: list[str]) -> int:
    """Return how many lines at the begin are the same."""
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def _stands(text: str, lines: str) -> int:
    return len(re.findall("^" + re.escape(lines), text, re.MULTILINE))
