"""Changes of files in pieces, and what belongs to which side."""

from collectors.issue_fix.pieces import pieces_of, taken_back
from collectors.issue_fix.sides import before_the_tests, is_changelog, is_test_side, split_change
from images.source_tree import SourceTree

OLD = '''"""A module."""
import re


def one(x):
    """Say one."""
    y = x
    z = 2
    return y


def two():
    return 2
'''
NEW = (
    OLD.replace("y = x\n", "y = x + 1\n")
    .replace("return y", "return -y")
    .replace("import re\n", "import re\nimport os\n")
)
NEW = NEW.replace("Say one.", "Say 1.").replace("    return 2\n", "    return 2  # always\n")


def test_hunks_of_one_function_are_one_piece_and_comments_are_none() -> None:
    found = pieces_of("m.py", OLD, NEW)
    assert [(piece.function, len(piece.hunks)) for piece in found] == [("", 1), ("one", 2)]


def test_pieces_are_taken_back_alone_and_together() -> None:
    imported, one = pieces_of("m.py", OLD, NEW)
    assert "import os" not in taken_back({"m.py": NEW}, [imported])["m.py"]
    assert "x + 1" in taken_back({"m.py": NEW}, [imported])["m.py"]
    both = taken_back({"m.py": NEW}, [one, imported])["m.py"]
    assert both == OLD.replace("    return 2\n", "    return 2  # always\n")


def test_a_new_file_and_a_removed_function_are_pieces() -> None:
    (whole,) = pieces_of("n.py", "", "def f():\n    pass\n")
    assert taken_back({"n.py": "def f():\n    pass\n"}, [whole]) == {"n.py": ""}
    (removed,) = pieces_of("m.py", OLD, OLD.replace("def two():\n    return 2\n", ""))
    assert "def two" in taken_back({"m.py": OLD.replace("def two():\n    return 2\n", "")}, [removed])["m.py"]


def test_sides_of_paths() -> None:
    tests = [
        "tests/data/x.txt",
        "test_a.py",
        "pkg/tests/helper.py",
        "conftest.py",
        "src/p/tests/__init__.py",
        "test.py",
    ]
    assert all(map(is_test_side, tests))
    assert not any(map(is_test_side, ["pkg/latest.py", "pkg/contest.py", "testimony.py"]))
    assert all(map(is_changelog, ["CHANGES.rst", "docs/changelog.md", "HISTORY", "NEWS.txt", "docs/versions.rst"]))
    assert not any(map(is_changelog, ["pkg/changes.py", "README.md", "docs/newsletter.md"]))


def test_the_tree_before_the_tests_has_the_new_source_and_no_word_of_it() -> None:
    before = SourceTree(files={"m.py": b"a", "test_m.py": b"1", "CHANGES": b"old", "tests/gone.py": b"", "x.cfg": b"1"})
    after = SourceTree(files={"m.py": b"b", "test_m.py": b"2", "CHANGES": b"new", "test_n.py": b"", "x.cfg": b"2"})
    assert before_the_tests(before, after).files == {
        "m.py": b"b", "x.cfg": b"2", "test_m.py": b"1", "CHANGES": b"old", "tests/gone.py": b""
    }  # fmt: skip
    sides = split_change(before, after)
    assert (sides.before, sides.after) == ({"m.py": "a"}, {"m.py": "b"})
    assert sides.hidden == {"test_m.py": "2", "test_n.py": ""}
