"""The fidelity benchmark: what it calls the same, what it leaves apart, and what it finds."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.fidelity.comparison import Tally, compare_value, same_frames
from benchmarks.fidelity.cruxeval import BadItems, item_claims, read_items
from benchmarks.fidelity.projects import Findings, examine
from benchmarks.releases import Suite
from collectors.function_tracing import trace_function
from images.local_container import LocalContainer

_ITEMS = Path(__file__).parent / "items_in_cruxeval_form.jsonl"


def test_every_item_of_a_file_in_cruxevals_form_is_the_same() -> None:
    items = read_items(_ITEMS)
    assert [(c.value, c.holds) for c in item_claims(items, None)] == [(f"{len(items)} of {len(items)}", True)] * 2
    assert len(items) >= 30


def test_an_item_with_another_output_does_not_hold() -> None:
    item = replace(read_items(_ITEMS)[0], output="[6, 4, 3]")
    assert [claim.holds for claim in item_claims([item], None)] == [True, False]


@pytest.mark.parametrize("text", ["", "{}\n", "no json\n", '{"id": "a", "code": "", "input": ""}\n', "[1]\n"])
def test_a_file_without_items_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "items.jsonl").write_text(text)
    with pytest.raises(BadItems, match=r"items\.jsonl"):
        read_items(tmp_path / "items.jsonl")


@pytest.mark.parametrize(
    ("text", "wanted", "exact", "found"),
    [
        ("[1]", "[1]", True, (None, True)),
        ("[1]", "[2]", True, (None, False)),
        ("[1, <... 9 more ...>]", "[1, 2, 3]", True, ("shortened", False)),
        ("[1, <... 9 more ...>]", "[2, 2, 3]", True, (None, False)),
        ("'<... 9 more ...>'", "'<... 9 more ...>'", True, (None, True)),
        ("<Point x=1>", "Point", False, ("hold what is of no known exact type", False)),
    ],
)
def test_values_are_compared_where_they_can_be(text: str, wanted: str, exact: bool, found: object) -> None:
    assert compare_value(text, {"end": "returned", "text": wanted, "exact": exact}) == found


def test_a_claim_holds_when_something_was_compared_and_nothing_differs() -> None:
    tally = Tally()
    assert not tally.claim("c").holds
    tally.take("a", "shortened", holds=False)
    assert not tally.claim("c").holds
    tally.take("b", None, holds=True)
    assert tally.claim("c").holds and tally.claim("c").value == "1 of 1 (not compared: 1 shortened)"
    tally.take("d", None, holds=False)
    assert not tally.claim("c").holds and tally.other == ["d"]


def test_traces_with_other_values_differ(local: LocalContainer) -> None:
    one, other = (trace_function(local, "def f(n):\n    return [n]\n", "f", [n])[0] for n in ("1", "2"))
    assert same_frames(one, one) and not same_frames(one, other)


_SHOP = """import os

class Till:
    def add(self, n):
        return n + 1

def total(prices):
    return sum(_taxed(price) for price in prices)

def _taxed(price):
    if price < 0:
        raise ValueError("negative", price)
    return price * 2

def through_a_method(n):
    return Till().add(n)

def till(n):
    return Till()

def process(n):
    return os.getpid()
"""
_TESTS = """from shop import *
def test_shop():
    assert total([1, 2]) == 6
    through_a_method(1), till(1), process(1)
    try:
        total([-1])
    except ValueError:
        pass
"""


def test_calls_of_a_project_are_examined() -> None:
    files, findings = {"shop.py": _SHOP.encode(), "test_shop.py": _TESTS.encode()}, Findings()
    examine(Suite(project="shop", version="1", tests=("test_shop.py",)), files, None, findings)
    assert findings.functions >= 4 and not any(t.other for t in (findings.returned, findings.raised, findings.parsed))
    assert findings.returned.same >= 2 and findings.raised.same >= 1 and findings.parsed.same == findings.calls
    assert findings.returned.apart["hold what is of no known exact type"] >= 1
    assert not findings.programs.other and findings.programs.same >= 2
    assert findings.programs.apart == {"run through methods, which stand without their class": 1}
