"""A trace as people read it."""

from collections.abc import Callable

from collectors import trace_call
from trajectories.trace_record import Trace
from trajectories.trace_text import cut_middle, trace_text


def tally(xs):
    total = 0
    for x in xs:
        total += double(x)
    return total


def double(x):
    return 2 * x


def fails(x):
    try:
        return 1 / x
    except ZeroDivisionError as error:
        name = type(error).__name__
        del x
    return name


def numbers(n):
    for i in range(n):
        yield i * 1


def takes(n):
    return list(numbers(n))


def wide():
    text = "漢" * 60
    esc, name = "\x1b[31m", "é"
    a, b, c = list(range(30)), list(range(30)), {"k": "v"}
    return text, esc, name, a, b, c


def _lines(function: Callable[..., object], *arguments: object) -> list[str]:
    first = function.__code__.co_firstlineno
    shown = [line.rstrip() for line in str(trace_call(function, *arguments)).splitlines()]
    # Line numbers are those of this file, in two columns.
    return [line.replace(f"{first + n:2d}  ", f"+{n}  ") for line in shown for n in [_number(line) - first]]


def _number(line: str) -> int:
    return next((int(word) for word in line.replace("│", "").split()[:1] if word.isdigit()), 0)


def test_what_a_line_changed_stands_beside_it_or_behind_the_calls_that_it_made() -> None:
    assert _lines(tally, [3, 4]) == [
        "→ tally  tests/trajectories/test_trace_text.py   xs = [3, 4]",
        "+1  total = 0                                    total = 0",
        "+2  for x in xs:                                 x = 3",
        "+3      total += double(x)",
        "│ → double                                       x = 3",
        "│ +8  return 2 * x",
        "│ ← 6",
        "+3      total += double(x)                       total = 6",
        "+2  for x in xs:                                 x = 4",
        "+3      total += double(x)",
        "│ → double                                       x = 4",
        "│ +8  return 2 * x",
        "│ ← 8",
        "+3      total += double(x)                       total = 14",
        "+2  for x in xs:",
        "+4  return total",
        "← 14",
    ]


def test_exceptions_and_deleted_names_are_shown_where_they_happen() -> None:
    lines = _lines(fails, 0)
    assert lines[2:4] == ["+2      return 1 / x", "✗ ZeroDivisionError: division by zero"]
    assert lines[4].endswith("error = <ZeroDivisionError object>")
    assert lines[6].split() == ["+5", "del", "x", "del", "x", "del", "error"]
    assert lines[-1] == "← 'ZeroDivisionError'"


def test_a_generator_goes_on() -> None:
    calls = [line.split()[2:] for line in _lines(takes, 2) if "→ numbers" in line]
    assert calls == [
        ["numbers", "n", "=", "2"],
        ["numbers", "goes", "on", "n", "=", "2", "i", "=", "0"],
        ["numbers", "goes", "on", "n", "=", "2", "i", "=", "1"],
    ]


def _columns(line: str) -> int:
    return sum(2 if character in "漢" else 1 for character in line)


def test_lines_fit_the_width_that_they_are_given() -> None:
    trace = trace_call(wide)
    for width in (30, 40, 60, 100):
        lines = trace_text(trace, width).splitlines()
        assert max(map(_columns, lines)) <= width
        assert any("…" in line for line in lines)
    assert "…" not in str(trace)
    assert "\x1b" not in str(trace)


def deep(n):
    return n if n == 0 else deep(n - 1)


def test_deep_calls_are_numbered_where_their_bars_would_fill_the_line() -> None:
    lines = trace_text(trace_call(deep, 45), 60).splitlines()
    assert max(map(len, lines)) <= 60
    assert any(line.startswith("│ │ │ │ │ │ │ │ ┆45 → deep") for line in lines)


def test_a_text_is_cut_in_its_middle() -> None:
    assert cut_middle("abcdefghij", 10) == "abcdefghij"
    assert cut_middle("abcdefghij", 5) == "ab…ij"
    assert cut_middle("漢漢漢漢", 5) == "漢…漢"


def test_a_trace_of_nothing_is_an_empty_text() -> None:
    assert str(Trace(entry="f", source="", frames=())) == ""
