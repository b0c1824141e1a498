"""What the gates' benchmark claims of what it saw, and the patches that it judges twice."""

import random
from dataclasses import replace

from benchmarks.forager_gates import Seen, claims, random_patch
from collectors.patches import apply_patch
from tests.collectors.planted import BUGGY, PLANTED, SOURCES

_GATES = {"leaks": "0 places", "tree": "one commit"}


def test_what_was_not_measured_does_not_hold() -> None:
    assert not any(claim.holds for claim in claims(Seen()))


def test_refused_tasks_are_counted_by_their_gate() -> None:
    valid = replace(PLANTED, gates=_GATES)
    refused = replace(PLANTED, status="refused", reason="gate leaks: 1 places: /x")
    table = claims(Seen(checked=[valid, refused], visible=10, played=40, missed=["a"], regraded=1000, seconds=[2.0]))
    assert table[0].value == "1 of 2; refused: 1 gate leaks"
    assert all(claim.holds for claim in table)
    assert not claims(Seen(checked=[valid], played=40, rewarded=["a"]))[1].holds


def test_random_patches_fit_the_task_and_differ() -> None:
    drawn = random.Random(0)
    patches = {random_patch(drawn, PLANTED, SOURCES) for _ in range(20)}
    assert len(patches) >= 15
    assert all(apply_patch({"ledger.py": BUGGY}, patch) for patch in patches if patch)
