"""Two releases of a small project: three fixes, one of two functions, a new function, and tests of all."""

from images.source_tree import SourceTree

OLD_SOURCE = '''"""Words."""

WIDTH = 10


def first(text):
    """Return the first word."""
    return text.split(" ")[0]


def count(text):
    return len(text.split(" "))


def wrap(text):
    return _lines(text, WIDTH)


def _lines(text, width):
    return [text[n : n + width] for n in range(0, len(text) - 1, width)]


def shout(text):
    return text.upper()
'''
NEW_SOURCE = (
    OLD_SOURCE.replace('text.split(" ")[0]', 'text.split()[0] if text.split() else ""')
    .replace('len(text.split(" "))', "len(text.split())")
    .replace("_lines(text, WIDTH)", "_lines(text.strip(), WIDTH)")
    .replace("len(text) - 1, width", "len(text), width")
    .replace('"""Words."""', '"""Words and lines."""')
    + "\n\ndef last(text):\n    return text.split()[-1]\n"
)
OLD_TESTS = """import words


def test_first():
    assert words.first("a b") == "a"


def test_shout():
    assert words.shout("a") == "A"
"""
NEW_TESTS = (
    OLD_TESTS
    + """

def test_first_after_a_blank():
    assert words.first(" a") == "a"


def test_count():
    assert words.count("a  b") == 2


def test_wrap():
    assert words.wrap("0123456789x ") == ["0123456789", "x"]


def test_last():
    assert words.last("a b") == "b"
"""
)
OLD_NOTES = "1.0\n---\n\n* The first release of all.\n"
NEW_NOTES = (
    """1.1
---

* `count` counts words that several blanks separate once. It uses `len(text.split())`.
* `wrap` keeps a single character of the last line.
* Add `last`, which gives the last word.

"""
    + OLD_NOTES
)


def tree(source: str, tests: str, notes: str) -> SourceTree:
    """Return the files of one release."""
    other = "def test_other():\n    assert True\n"
    files = {"words.py": source, "tests/test_words.py": tests, "tests/test_other.py": other, "CHANGES.rst": notes}
    return SourceTree(files={path: text.encode() for path, text in files.items()})


BEFORE = tree(OLD_SOURCE, OLD_TESTS, OLD_NOTES)
AFTER = tree(NEW_SOURCE, NEW_TESTS, NEW_NOTES)
