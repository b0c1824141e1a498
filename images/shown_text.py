"""Text of a stranger's program as it may stand on a terminal or before a judge: what steers the display is escaped."""

import unicodedata

# Controls, formats (bidirectional marks among them), halves of pairs, and separators of lines that no terminal counts.
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def shown_text(text: str) -> str:
    """Return the text with every character that steers a display, but line feed and tab, as an escape of Python."""
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in _STEERING:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
