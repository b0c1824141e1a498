"""The template writer: what it says of each language feature, and that it says nothing else than the trace."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from collectors.accounts.final_value import read_final, true_value
from collectors.accounts.writer import write_account
from collectors.function_tracing import trace_function
from images.local_container import LocalContainer
from tests.collectors.accounts.account_spans import strangers
from tests.collectors.accounts.samples import CALLS, account_of, ordered, trace_of
from tests.interpreters import interpreters
from tests.model.test_trace_format import TALLY
from tests.random_traces import traces
from trajectories.trace_record import Trace

SIFT = """def sift(xs):
    total = 0
    while True:
        if not xs:
            break
        x, *xs = xs
        if x % 2 == 0:
            continue
        total += x
    return total
"""
PYTHONS = [python for python in ("3.8", "3.10", "3.11", "3.12", "3.13") if python in interpreters()]


def test_the_worked_example_is_told(local: LocalContainer) -> None:
    trace, _ = trace_function(local, TALLY, "tally", ["[2, 5]"])
    text = write_account(trace, longest=6000).text
    assert "the call `tally([2, 5])`" in text and "`xs` = `[2, 5]`" in text
    first = "Round 1 (`x` = `2`): `total += x` "
    assert ordered(text, ["`total` ", first, "from `0` to `2`", "Round 2 (`x` = `5`)", "from `2` to `7`", "`total`"])
    assert text.endswith("\n\nThe call returns `7`.")


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("function", "arguments"), CALLS)
def test_an_account_ends_in_the_true_value_and_names_nothing_else(function: str, arguments: str, python: str) -> None:
    trace = trace_of(function, arguments, python)
    text = write_account(trace, longest=6000).text
    final = read_final(text)
    assert final is not None and trace.result is not None and final.same(true_value(trace.result))
    assert strangers(text, trace) == []


@settings(max_examples=200, deadline=None)
@given(traces())
def test_any_trace_is_told_truly_or_not_at_all(trace: Trace) -> None:
    written = write_account(trace, longest=20_000)
    assert bool(written.text) != bool(written.reason)
    assert trace.result is not None
    final = read_final(written.text)
    assert final is not None and final.same(true_value(trace.result))
    assert write_account(trace, longest=20_000) == written


def test_recursion_nests_and_tells_every_call() -> None:
    text = account_of("fib", "3")
    assert ordered(
        text,
        ["`fib(n=2)`", "  - ", "`fib(n=1)`", "`fib(n=0)`", "- Then `fib(n=1)`" if "Then" in text else "`fib(n=1)`"],
    )
    assert text.count("`fib(n=") == 4


def test_exceptions_are_raised_passed_on_and_caught() -> None:
    text = account_of("parse_all", "['1', ' ']")
    error = "`ValueError: empty: ' '`"
    assert ordered(
        text, ["`to_int(text=' ')`", error, "xception", "`parse_all`", "`except ValueError`", "`finally`", "The call"]
    )
    raised = account_of("chain", "2")
    assert ordered(raised, ["`KeyError: 2`", "`except IndexError`", "`except KeyError as error`", "`ValueError: bad`"])
    assert raised.endswith("The call raises `ValueError: bad`.")


def test_generators_yield_go_on_and_finish() -> None:
    text = account_of("total_of", "2")
    assert ordered(
        text,
        ["`count_up(limit=2)`", "yields ", "`0`", "`count_up` ", "yields ", "`1`", "is finished and returns `'end'`"],
    )
    assert ordered(text, ["finished", "further item", "The call returns `1`."])


def test_comprehensions_are_told_where_they_are_calls_and_where_they_are_inlined() -> None:
    for python in PYTHONS:
        text = account_of("evens", "[1, 4, 6]", python)
        assert ordered(
            text, ["comprehension", "`1`, `4` and `6`", "`ev`", "`[4, 6]`", "generator expression", "`16`"]
        ), python


def test_branches_are_told_from_the_line_that_comes_next() -> None:
    text = account_of("collatz", "2")
    assert ordered(text, ["`n % 2 == 0`", "from `2` to `1`", "`n != 1`"]) and "`else`" not in text
    assert ordered(
        account_of("collatz", "3"),
        ["`n % 2 == 0`", "`else`", "`n` to `10`" if "to `10`" in account_of("collatz", "3") else "`10`"],
    )
    found = account_of("find", "[3, None], None")
    assert "enters its body twice" in found
    assert "does not enter its body" in account_of("find", "[], 5") or "nothing to go over" in account_of(
        "find", "[], 5"
    )


def test_long_loops_are_told_in_short() -> None:
    text = account_of("collatz", "27")
    assert "Rounds 5 to 111" in text and "39 times as in round 1 and 68 times as in round 2" in text
    assert "after that, `n` is `1` and `steps` is `111`" in text and len(text) < 1500


def test_an_account_has_a_bound_and_less_detail_before_none() -> None:
    lengths = [len(account_of("fib", "6", longest=bound)) for bound in (6000, 1500, 600)]
    assert lengths[0] > 1500 >= lengths[1] > 600 >= lengths[2] > 0
    written = write_account(trace_of("fib", "6"), longest=100)
    assert written.text == "" and "more than 100" in written.reason


def test_where_lines_may_run_unseen_no_branch_is_claimed() -> None:
    if "3.8" not in interpreters():
        pytest.skip("no CPython 3.8 on this machine")
    with LocalContainer(python=interpreters()["3.8"]) as container:
        trace, _ = trace_function(container, SIFT, "sift", ["[2, 3]"])
    text = write_account(trace, longest=6000).text
    assert "`if x % 2 == 0` is evaluated" in text and "while True" not in text
    assert "total += x" in text and text.endswith("The call returns `3`.")


def test_the_examples_of_the_documentation_are_what_is_written() -> None:
    page = (Path(__file__).parents[3] / "docs" / "accounts.md").read_text()
    for function, arguments in (("parse_all", "['1', ' ']"), ("collatz", "6")):
        assert account_of(function, arguments) in page


def test_a_trace_that_was_cut_has_no_account(local: LocalContainer) -> None:
    trace, _ = trace_function(local, TALLY, "tally", ["[2, 5]"])
    cut = Trace(entry="e", source=trace.source, frames=trace.frames[:-2], cut="events")
    assert write_account(cut, longest=6000).reason == "the trace was cut before its end"


def test_a_source_that_does_not_parse_is_told_line_by_line(local: LocalContainer) -> None:
    trace, _ = trace_function(local, TALLY, "tally", ["[2, 5]"])
    broken = Trace(entry="e", source=trace.source.replace("return tally([2", "return tally([[2"), frames=trace.frames)
    text = write_account(broken, longest=6000).text
    assert ordered(text, ["`total += x`", "`2`", "`7`", "The call returns `7`."])
    assert strangers(text, trace) == []
