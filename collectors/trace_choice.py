"""Trace choice: which tests are recorded, and which of the traces cut out of them are kept; drawn by seed, never by place."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from collectors.entry_points import Function
from collectors.line_coverage import Reach
from trajectories.trajectory import content_id

# A function by its file, its name and its first line.
Entry = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trace that may be kept: its place (batch and number there), its entry function, its test, and its content's digest.

    `shown` has the functions of the coverage map, none of which are a test's own, whose frames it has; `resumed` says that it
    does not begin where its function does: a generator goes on.
    """

    batch: int
    number: int
    function: Entry
    test: str
    digest: str
    shown: frozenset[Entry]
    resumed: bool


def choose_tests(reached: Sequence[Reach], *, seed: int, most: int) -> list[str]:
    """Return at most so many passing tests: first those that make sure of each function, in an order that the seed draws.

    A function that no test before reaches has the test that reaches least besides it; then come all other tests.
    """
    reaches: dict[str, set[Function]] = {}
    tests: dict[Function, set[str]] = {}
    for reach in reached:
        if reach.outcome == "passed":
            reaches.setdefault(reach.test, set()).add(reach.function)
            tests.setdefault(reach.function, set()).add(reach.test)
    chosen: dict[str, None] = {}
    missing = set(tests)
    for function in sorted(tests, key=lambda f: content_id(seed, f.path, f.name, f.first_line)):
        if function in missing:
            best = min(tests[function], key=lambda t: (len(reaches[t]), content_id(seed, t)))
            chosen[best] = None
            missing -= reaches[best]
    others = sorted(reaches.keys() - chosen.keys(), key=lambda test: content_id(seed, test))
    return [*chosen, *others][:most]


def choose_traces(
    candidates: Sequence[Candidate],
    accept: Callable[[Candidate], bool],
    *,
    seed: int,
    per_function: int,
    per_repository: int,
) -> list[Candidate]:
    """Return the traces to keep: every function has one before any has two, and has them from as many tests as it can.

    In each turn the functions of the coverage map come first; one that is always inlined has, once, a trace that shows it.
    A trace that is not accepted leaves its turn to the function's next.
    """
    by_entry = {candidate.function for candidate in candidates}
    mapped = {function for candidate in candidates for function in candidate.shown}
    queues = _queues(candidates, mapped - by_entry, seed)
    order = sorted(queues, key=lambda function: (function not in mapped, content_id(seed, *function)))
    chosen: dict[str, Candidate] = {}
    counts: Counter[Entry] = Counter()
    shown: set[Entry] = set()
    for turn in range(per_function):
        for function in order:
            if len(chosen) == per_repository:
                return list(chosen.values())
            if counts[function] > turn or (function not in by_entry and (turn or function in shown)):
                continue
            for candidate in queues[function]:
                fits = candidate.digest not in chosen and counts[candidate.function] < per_function
                if fits and accept(candidate):
                    chosen[candidate.digest] = candidate
                    counts[candidate.function] += 1
                    shown |= candidate.shown
                    break
    return list(chosen.values())


def _queues(candidates: Sequence[Candidate], inlined: set[Entry], seed: int) -> dict[Entry, Iterator[Candidate]]:
    """Return the candidates of each function: the first drawn of each test, then the second ones, and so on.

    Traces that begin where their function does come before all others. An inlined function's are those that show it.
    """
    drawn = sorted(candidates, key=lambda c: (c.resumed, content_id(seed, c.digest)))
    turns: Counter[object] = Counter()
    ranked: dict[Entry, list[tuple[bool, int, int]]] = {}
    for place, candidate in enumerate(drawn):
        for function in {candidate.function, *(candidate.shown & inlined)}:
            kind = (function, candidate.test, candidate.resumed)
            ranked.setdefault(function, []).append((candidate.resumed, turns[kind], place))
            turns[kind] += 1
    return {function: iter([drawn[place] for _, _, place in sorted(found)]) for function, found in ranked.items()}
