"""The table of whole suites: what is said of the measured times."""

from benchmarks.tracer.measurement import UNTRACED, Times
from benchmarks.tracer.plan import COVERAGE, FLOORS, NATIVE
from benchmarks.tracer.projects import COUNTED, claims_of, read_row

TOOLS = (UNTRACED, FLOORS[0], COVERAGE, NATIVE)


def _row(project, seconds, **other):
    times = dict(zip(TOOLS, map(_times, seconds), strict=True))
    return read_row(project, TOOLS, {**times, COUNTED: Times(seconds=9.0, events=1000), **other})


def _times(seconds):
    return Times(seconds=seconds)


def test_a_ratio_is_that_of_the_seconds_of_a_tool_and_of_the_bare_suite():
    row = _row("a", (0.5, 0.6, 1.5, 1.0))
    assert row.ratios == {FLOORS[0]: 1.2, COVERAGE: 3.0, NATIVE: 2.0}
    assert (row.seconds, row.events) == (0.5, 1000)


def test_suites_within_the_bar_are_counted():
    rows = [_row("a", (1.0, 1.0, 2.0, 1.1)), _row("b", (1.0, 1.1, 2.0, 1.3))]
    claims = claims_of("3.12", rows, FLOORS[0])
    assert [claim.holds for claim in claims] == [True, False, False]
    assert claims[-1].value == "1 of 2, median 1.20, empty callback 1.05"


def test_a_suite_that_fails_under_the_engine_does_not_hold_and_says_why():
    row = _row("a", (1.0, 1.0, 2.0, 0.0), **{NATIVE: Times(reason="tests failed: t")})
    claims = claims_of("3.12", [row], FLOORS[0])
    assert [(claim.value, claim.holds) for claim in claims] == [("tests failed: t", False), ("0 of 0", False)]
