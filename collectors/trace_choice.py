"""Trace choice: which tests are recorded, and which of the traces cut out of them are kept; drawn by seed, never by place."""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collectors.entry_points import Function
from collectors.line_coverage import Reach
from trajectories.trajectory import content_id

# A function by its file, its name and its first line.
Entry = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trace that may be kept: its place (batch and number there), its entry function, its test, and its content's digest.

    `mapped` says that the coverage map names its function, which is then none of a test's own; `resumed` that it does not
    begin where its function does: a generator goes on.
    """

    batch: int
    number: int
    function: Entry
    test: str
    digest: str
    mapped: bool
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

    In each turn the functions of the coverage map come first. One that is not accepted leaves its turn to the function's
    next.
    """
    queues = _queues(candidates, seed)
    mapped = {candidate.function for candidate in candidates if candidate.mapped}
    order = sorted(queues, key=lambda function: (function not in mapped, content_id(seed, *function)))
    chosen: list[Candidate] = []
    for _ in range(per_function):
        for function in order:
            queue = queues[function]
            while queue and len(chosen) < per_repository:
                candidate = queue.popleft()
                if accept(candidate):
                    chosen.append(candidate)
                    break
    return chosen


def _queues(candidates: Sequence[Candidate], seed: int) -> dict[Entry, deque[Candidate]]:
    """Return the candidates of each function: the first drawn of each test, then the second ones, and so on.

    Traces that begin where their function does come before all others.
    """
    drawn = sorted(candidates, key=lambda c: (c.resumed, content_id(seed, c.digest)))
    turns: Counter[object] = Counter()
    ranked: dict[Entry, list[tuple[bool, int, int]]] = {}
    for place, candidate in enumerate(drawn):
        kind = (candidate.function, candidate.test, candidate.resumed)
        ranked.setdefault(candidate.function, []).append((candidate.resumed, turns[kind], place))
        turns[kind] += 1
    return {function: deque(drawn[place] for _, _, place in sorted(found)) for function, found in ranked.items()}
