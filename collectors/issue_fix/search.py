"""Search: which pieces of a change make its new tests pass, found by taking pieces back and running the tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from collectors.issue_fix.bench import Bench
from collectors.issue_fix.narrowing import narrowed
from collectors.issue_fix.pieces import Piece, taken_back

_MANY = 40


@dataclass(slots=True, kw_only=True)
class Fix:
    """Pieces that belong together, since the same tests fail without any one of them: taken back they are the bug."""

    pieces: tuple[Piece, ...]
    tests: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The tests that a change makes pass, and those that pass before and after it and must in any state between.

    `reach` has for each of them the functions (path, name) that it runs; one that is not there may run any.
    """

    failing: tuple[str, ...]
    staying: tuple[str, ...]
    reach: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)

    def concerned(self, tests: Sequence[str], pieces: Sequence[Piece]) -> list[str]:
        """Return those of the tests that may run one of the pieces."""
        if any(not piece.function for piece in pieces):
            return list(tests)
        places = {(piece.path, piece.function) for piece in pieces}
        return [test for test in tests if test not in self.reach or places & self.reach[test]]


def find_fixes(
    bench: Bench, after: Mapping[str, str], pieces: Sequence[Piece], wanted: Wanted, *, runs: int
) -> list[Fix]:
    """Return the fixes that a change holds, the smallest first, those with a `reason` being none after all.

    Each piece is taken back alone. A test that fails without any of some pieces needs all of them: they are its fix. For a
    test that no single piece makes fail, the smallest part of the change that does is sought by delta debugging. A state
    counts only when no test fails that passed before and after.
    """
    last = bench.runs + runs
    known: dict[frozenset[Piece], set[str]] = {}

    def failing_without(part: Sequence[Piece]) -> set[str]:
        """Return the wanted tests that fail when the pieces are taken back; none when another test fails too."""
        key = frozenset(part)
        if key not in known:
            known[key] = tried(part)
        return known[key]

    def tried(part: Sequence[Piece]) -> set[str]:
        failing, staying = wanted.concerned(wanted.failing, part), wanted.concerned(wanted.staying, part)
        state = taken_back(after, part)
        # Where many tests may be concerned, what makes none of the few fail is not asked further.
        if not failing or (len(staying) > _MANY and not bench.run(state, ids=failing).failed):
            return set()
        seen = bench.run(state, ids=[*failing, *staying])
        stays = seen.ended and set(staying) <= seen.passed
        return {test for test in failing if test in seen.failed} if stays else set()

    needed: dict[str, list[Piece]] = {}
    for piece in pieces:
        if bench.runs < last:
            for test in failing_without([piece]):
                needed.setdefault(test, []).append(piece)
    for test in wanted.failing:
        may_matter = [piece for piece in pieces if wanted.concerned([test], [piece])]
        if test not in needed and bench.runs < last and len(may_matter) > 1:
            part = narrowed(may_matter, partial(_fails, test, failing_without), most=last - bench.runs) or []
            for found in failing_without(part):
                needed.setdefault(found, part)
    return _grouped(needed, failing_without)


def _fails(test: str, failing_without: Callable[[Sequence[Piece]], set[str]], part: Sequence[Piece]) -> bool:
    return test in failing_without(part)


def _grouped(
    needed: Mapping[str, Sequence[Piece]], failing_without: Callable[[Sequence[Piece]], set[str]]
) -> list[Fix]:
    """Return a fix for each set of pieces; one whose pieces cannot be taken back together has the reason."""
    sets: dict[tuple[Piece, ...], list[str]] = {}
    for test, pieces in needed.items():
        sets.setdefault(tuple(pieces), []).append(test)
    fixes = []
    for pieces, tests in sorted(sets.items(), key=lambda pair: (len(pair[0]), pair[1])):
        together = failing_without(pieces) if len(pieces) > 1 else set(tests)
        lost = sorted(set(tests) - together)
        reason = f"without all of its pieces {len(lost)} of its tests do not fail alone" if lost else ""
        fixes.append(Fix(pieces=pieces, tests=tuple(sorted(together or set(tests))), reason=reason))
    return fixes
