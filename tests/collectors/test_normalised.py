"""Normalising: what differs by itself is gone, what tests speak of stays."""

import pytest

from collectors.normalised import RULES, digest_of, normalised, rules_needed

PAIRS = [
    ("timing", "3 passed in 0.12s", "3 passed in 12.05s"),
    ("timing", "in 65.20s (0:01:05)", "in 66.00s (0:01:06)"),
    ("timing", "real\t0m0.024s", "real\t1m3.100s"),
    ("timing", "took 3 ms, 1.5 usec per loop", "took 12 ms, 0.5 usec per loop"),
    ("clock", "at 2026-11-25T09:13:29Z", "at 2026-11-26 10:00:00.125"),
    ("clock", "-rw-r--r-- 1 u u 5 Nov 25 09:28 big", "-rw-r--r-- 1 u u 5 Nov  1 23:59 big"),
    ("clock", "Wed Nov 25 09:13:29 UTC 2026", "Thu Nov 26 09:13:30 UTC 2026"),
    ("clock", "1764061234.5", "1764069999.25"),
    ("address", "<A object at 0x7f55caaa8a10>", "<A object at 0x7f0000aa8a10>"),
    ("temporary path", "/tmp/tmpab12cd34/x.py", "/tmp/tmpzz99zz99/x.py"),
    ("temporary path", "/tmp/pytest-of-root/pytest-3/test_a0/f", "/tmp/pytest-of-root/pytest-11/test_a0/f"),
    ("process", "[1] 1234", "[1] 99"),
    ("process", "bash: line 68:    24 Killed    x", "bash: line 68:   177 Killed    x"),
    ("process", "pid 17 ended", "pid 9 ended"),
    ("identifier", "[main 1a2b3c4] fix", "[main 99f0c4d] fix"),
    ("order", "{'b', 'a'} {3, 1}", "{'a', 'b'} {1, 3}"),
]


@pytest.mark.parametrize(("rule", "one", "other"), PAIRS)
def test_what_differs_by_itself_is_normalised_and_explained(rule: str, one: str, other: str) -> None:
    assert digest_of(one) == digest_of(other)
    assert rules_needed(one, other) == [rule]


def test_every_rule_has_a_case() -> None:
    assert {rule for rule, _, _ in PAIRS} == set(RULES)


@pytest.mark.parametrize(
    "text",
    [
        "assert 12 == 13",
        "datetime.date(2020, 1, 31) != 2020-01-31",
        "version 1.25 of 3 seconds",
        "{'a': 1, 'b': 2}",
        "ledger.py:20: AssertionError",
        "0xff",
        "price 1764061",
        "5 passed, 1 failed",
    ],
)
def test_what_tests_speak_of_is_kept(text: str) -> None:
    assert normalised(text) == text


def test_the_folder_of_a_local_container_is_named_as_in_an_image() -> None:
    assert normalised("File /tmp/worldline-ab/testbed/a.py", root="/tmp/worldline-ab/testbed") == "File /testbed/a.py"


@pytest.mark.parametrize(
    "text", ["{" * 200_000, "{a, " * 200_000, "1" * 500_000, "[" * 200_000, "tmp" * 200_000, "a=" * 200_000]
)
def test_hostile_texts_come_to_an_end(text: str) -> None:
    # An expression that backtracks would not end.
    assert len(normalised(text)) <= len(text)
