"""The source that a trace cut out of a test shows."""

from collectors.compressed_source import CompressedSources
from collectors.events import CodeSeen
from collectors.source_context import SourceTexts

SOURCE = '''import os


@final
class Ledger(Base):
    """Entries."""

    limit = 3

    @cached
    def balance(
        self,
    ):
        # The sum.
        return total(self.entries)

    def add(self, entry):
        """Add an entry."""
        self.entries.append(entry)

        def undo():
            self.entries.pop()

        return undo


def total(entries, *, start=0):
    """Return the sum."""
    return sum(entries, start)


def other(): return 1
'''
NAMES = {10: "Ledger.balance", 17: "Ledger.add", 21: "Ledger.add.<locals>.undo", 27: "total", 32: "other"}


def _code(line: int) -> CodeSeen:
    return CodeSeen(file="/r/a.py", name=NAMES[line], first_line=line)


def _context(codes: list[int], over: list[int], most: int = 2000, source: str = SOURCE) -> str | None:
    sources = CompressedSources(SourceTexts({"/r/a.py": source}, root="/r"), most)
    return sources.context([_code(line) for line in codes], [_code(line) for line in over])


def test_a_method_stands_in_its_class_and_what_is_stepped_over_is_signature_and_docstring() -> None:
    assert _context([10], [27, 17, 27]) == (
        "\n@final\nclass Ledger(Base):\n    @cached\n    def balance(  # << START_OF_TRACE\n        self,\n    ):\n"
        "        # The sum.\n        return total(self.entries)\n"
        '\n    def add(self, entry):\n        """Add an entry."""\n        ...\n'
        '\ndef total(entries, *, start=0):\n    """Return the sum."""\n    ...\n'
    )


def test_a_function_in_a_shown_function_is_shown_once() -> None:
    shown = _context([17, 21], [21])
    assert shown is not None
    assert shown.count("def undo") == 1
    assert shown.startswith("\n@final\nclass Ledger(Base):\n    def add(self, entry):  # << START_OF_TRACE\n")
    assert _context([21, 17], []) == shown.replace("  # << START_OF_TRACE", "").replace(
        "undo():\n", "undo():  # << START_OF_TRACE\n"
    )


def test_an_inner_function_alone_has_the_first_lines_of_what_it_stands_in() -> None:
    assert _context([21], [17]) == (
        '\n@final\nclass Ledger(Base):\n    def add(self, entry):\n        """Add an entry."""\n        ...\n'
        "        def undo():  # << START_OF_TRACE\n            self.entries.pop()\n"
    )


def test_heads_are_left_out_and_traces_refused_where_there_is_no_room() -> None:
    whole = _context([27], [])
    assert whole is not None
    assert _context([27], [32, 17], most=len(whole) + 30) == whole + "\ndef other(): return 1\n"
    assert _context([27], [], most=len(whole) - 1) is None


def test_a_file_that_cannot_be_parsed_shows_what_its_indentation_tells() -> None:
    source = SOURCE.replace("import os", "import = 1")
    assert _context([17], [27], source=source) == (
        '\n    def add(self, entry):  # << START_OF_TRACE\n        """Add an entry."""\n'
        "        self.entries.append(entry)\n\n        def undo():\n            self.entries.pop()\n\n        return undo\n"
    )


def test_only_a_def_is_a_function() -> None:
    texts = SourceTexts({"/r/a.py": SOURCE + "class C:\n    def f(self): pass\nx = [1 for _ in ()]\n"})
    lines = {"Ledger.balance": 10, "total": 27, "C": 33, "C.f": 34, "<listcomp>": 35, "gone": 99, "x": 35}
    codes = [CodeSeen(file="/r/a.py", name=name, first_line=line) for name, line in lines.items()]
    assert [code.name for code in codes if texts.is_function(code)] == ["Ledger.balance", "total", "C.f"]
