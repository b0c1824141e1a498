"""What strangers' programs print is shown without what steers a terminal, and stored as it was."""

import unicodedata

import pytest

from images.container import Completed
from images.shown_text import shown_text

_HOSTILE = {
    "clear screen": "\x1b[2J\x1b[H",
    "colour": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;pwned\x07",
    "clipboard": "\x1b]52;c;cm0gLXJm\x1b\\",
    "link": "\x1b]8;;https://example.org\x1b\\text\x1b]8;;\x1b\\",
    "one-byte CSI": "\x9b31m",
    "one-byte OSC": "\x9d0;x\x9c",
    "device control": "\x1bP$q\x1b\\",
    "overwrite": "password: \rfine     ",
    "backspace": "rm -rf /\b\b\b\b\b\b\b\bls      ",
    "bell": "\x07",
    "form feed": "\x0c\x0b",
    "NUL": "a\0b",
    "delete": "a\x7fb",
    "bidi override": "\u202e}cilbup",
    "bidi isolate": "\u2066x\u2069\u200f\u061c",
    "zero width": "pay\u200bpal\ufeff",
    "line separator": "a\u2028b\u2029c",
    "lone half": "\ud800",
    "tag characters": "\U000e0041\U000e0042",
}


@pytest.mark.parametrize("text", _HOSTILE.values(), ids=_HOSTILE)
def test_what_steers_a_terminal_is_escaped(text: str) -> None:
    shown = shown_text(text)
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in shown)
    assert "\\" in shown


def test_what_can_be_read_stays() -> None:
    text = "caf\u00e9 \u65e5\u672c\n\tx = '\U0001f600' \\n"
    assert shown_text(text) == text


def test_the_data_stay_exact() -> None:
    done = Completed(exit_code=0, output=b"\x1b[2J\xff\r\n", seconds=0)
    assert (done.output, done.shown) == (b"\x1b[2J\xff\r\n", "\\x1b[2J\ufffd\\r\n")
