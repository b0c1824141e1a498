"""The source that a trace shows."""

from collectors.events import CodeSeen
from collectors.source_context import SourceTexts


def _code(line: int) -> CodeSeen:
    return CodeSeen(file="/r/a.py", name="f", first_line=line)


def test_lines_are_counted_as_the_interpreter_counts_them() -> None:
    texts = SourceTexts({"/r/a.py": "x = 1\n\x0cy = 2\r\nz = '\u2028'\rw = 3"}, root="/r")
    assert [texts.line("/r/a.py", n) for n in range(1, 6)] == [
        "x = 1\n",
        "\x0cy = 2\n",
        "z = '\u2028'\n",
        "w = 3\n",
        "\n",
    ]
    assert texts.shown("/r/a.py") == "a.py"


def test_the_context_holds_each_function_once_and_marks_the_entry() -> None:
    source = "@d\ndef f():\n    def g():\n        pass\n    g()\n\ndef h():\n    pass\n"
    shown = SourceTexts({"/r/a.py": source}).context([_code(1), _code(7), _code(3)])
    assert shown == "\n@d\ndef f():  # << START_OF_TRACE\n" + source[12:]


def test_code_without_source_has_an_empty_context() -> None:
    assert SourceTexts({}).context([_code(1)]) == "\n"


def test_a_block_that_cannot_be_tokenised_is_its_first_line() -> None:
    assert SourceTexts({"/r/a.py": "x = (\n"}).context([_code(1)]) == "\nx = (  # << START_OF_TRACE\n"


def test_an_expression_is_the_lines_of_its_statement() -> None:
    function = "def f(xs):\n    return sum(\n        (x\n         for x in xs),\n        0)\n"
    texts = SourceTexts({"/r/a.py": function + "\ny = 1\n\ndef h():\n    pass\n"})
    assert texts.context([_code(1), _code(3)]) == "\n" + function.replace(":\n", ":  # << START_OF_TRACE\n", 1)
    assert texts.block("/r/a.py", 3) == ["        (x\n", "         for x in xs),\n"]
    assert texts.block("/r/a.py", 2) == function.splitlines(keepends=True)[1:]
