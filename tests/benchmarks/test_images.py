"""What the images' benchmark claims of its rows, and its lists."""

from benchmarks.images.__main__ import _specs, claims
from images.spec import SourceKind, parse_spec


def _row(kind: str, name: str, reason: str = "", *, seconds: float = 1.0, started: float = 0.0) -> dict[str, object]:
    status = "failed" if reason else "executable"
    numbers = {"added_bytes": 10, "shared_bytes": 20, "fetched_bytes": 30, "seconds": seconds, "started": started}
    return {"kind": kind, "spec": name, "status": status, "reason": reason, **numbers}


def test_projects_without_tests_are_no_part_of_the_share() -> None:
    rows = [
        _row("first", "a"),
        _row("first", "b"),
        _row("first", "c", "no-tests: none"),
        _row("first", "d", "compiler: x"),
    ]
    share, classes = claims(rows)[:2]
    assert (share.value, share.holds) == ("2 of 3 (66.7%); 1 ship none", False)
    assert classes.value == "1 no-tests, 1 compiler"


def test_what_was_not_measured_does_not_hold() -> None:
    by_claim = {claim.claim: claim for claim in claims([_row("first", "a")])}
    assert not by_claim["rebuild when nothing has changed"].holds
    assert not by_claim["2 workers over 1"].holds


def test_workers_are_compared_by_the_time_from_start_to_end() -> None:
    one = [_row("later", "a", seconds=10), _row("later", "b", seconds=10, started=10)]
    two = [_row("two-workers", "a", seconds=12), _row("two-workers", "b", seconds=12)]
    assert claims([_row("first", "a"), *one, *two])[-1].value == "1.67 times"


def test_the_lists_are_pinned_releases_and_share_none() -> None:
    one, two = _specs("one", False), _specs("two", False)
    assert len(set(one)) == len(one) >= 60
    assert len(set(two)) == 20
    assert not set(one) & set(two)
    assert all(parse_spec(spec).kind is SourceKind.RELEASE for spec in [*one, *two])
