"""Candidates: which mutations of which covered functions are tried, so that most of them make a test fail."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collectors.entry_points import Function
from collectors.line_coverage import Reach
from collectors.mutations.mutation import Mutation
from collectors.mutations.operators import Chunks, operators, proposals
from collectors.mutations.source_text import SourceText
from collectors.patches import diff_of

# How many tries the priors weigh: with more, what was seen in this repository decides.
_OPERATOR_WEIGHT, _FUNCTION_WEIGHT, _USUAL = 6.0, 2.0, 0.65
# A candidate that is less likely than this to make a test fail waits until no other is left.
_UNLIKELY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One or more mutations, each in its function, and the passing tests that run the lines, most specific first."""

    edits: tuple[tuple[Function, Mutation], ...]
    tests: tuple[str, ...]

    @property
    def function(self) -> Function:
        """Return the function of the first edit."""
        return self.edits[0][0]

    def changed(self, sources: Mapping[str, str]) -> dict[str, str]:
        """Return the texts of the changed files; edits of one file do not overlap."""
        texts = {function.path: sources[function.path] for function, _ in self.edits}
        for function, mutation in sorted(self.edits, key=lambda edit: -edit[1].start):
            texts[function.path] = mutation.apply(texts[function.path])
        return texts

    def patch(self, sources: Mapping[str, str]) -> str:
        """Return the change as a unified diff."""
        return diff_of(sources, self.changed(sources))

    def oracle_patch(self, sources: Mapping[str, str]) -> str:
        """Return the change back."""
        changed = self.changed(sources)
        return diff_of(changed, {path: sources[path] for path in changed})


@dataclass(slots=True)
class _Seen:
    """How many candidates of a kind were taken, tried, and made a test fail."""

    taken: Counter[object] = field(default_factory=Counter)
    tried: Counter[object] = field(default_factory=Counter)
    failed: Counter[object] = field(default_factory=Counter)

    def share(self, key: object, prior: float, weight: float) -> float:
        return (self.failed[key] + prior * weight) / (self.tried[key] + weight)


class Candidates:
    """Gives out candidates in a seeded order that takes operators, functions and lines in turn, and learns from results.

    A candidate's chance is its operator's share of successes so far, weighed by its function's: a function in which edits
    went unnoticed has tests that do not look at what it does. One that few tests run is less likely to be noticed.
    """

    def __init__(self, reached: Sequence[Reach], sources: Mapping[str, str], *, seed: int) -> None:
        self._sources = sources
        self._chunks: dict[str, Chunks] = {}
        self._seen = _Seen()
        self._pool = list(self._find(reached))
        random.Random(seed).shuffle(self._pool)

    def __len__(self) -> int:
        return len(self._pool)

    def take(self, number: int) -> list[Bug]:
        """Return the next candidates, fewer when there are no more."""
        chances = {id(bug): self._chance(bug) for bug in self._pool}
        taken: list[Bug] = []
        while self._pool and len(taken) < number:
            bug = min(self._pool, key=lambda bug: self._order(bug, chances[id(bug)]))
            self._pool.remove(bug)
            ((function, mutation),) = bug.edits
            if self._chunks[function.path].compiles(mutation):
                taken.append(bug)
                self._seen.taken.update(_keys(bug))
        return taken

    def learn(self, bug: Bug, *, failed: bool) -> None:
        """Take note of whether the candidate made a test fail."""
        for key in _keys(bug):
            self._seen.tried[key] += 1
            self._seen.failed[key] += failed

    def _chance(self, bug: Bug) -> float:
        ((function, mutation),) = bug.edits
        operator = self._seen.share(mutation.operator, operators()[mutation.operator].prior, _OPERATOR_WEIGHT)
        here = self._seen.share(function, _USUAL, _FUNCTION_WEIGHT)
        return operator * here / _USUAL * (1 - 0.4 / (1 + len(bug.tests)))

    def _order(self, bug: Bug, chance: float) -> tuple[bool, int, float]:
        operator, function, line = _keys(bug)
        taken = self._seen.taken
        return chance < _UNLIKELY, taken[function] + 2 * taken[line], taken[operator] / max(chance, 0.01)

    def _find(self, reached: Sequence[Reach]) -> list[Bug]:
        passed = [reach for reach in reached if reach.outcome == "passed"]
        breadth: Counter[str] = Counter()
        linked: dict[str, dict[int, tuple[Function, set[str]]]] = {}
        for reach in passed:
            breadth[reach.test] += len(reach.lines)
            for line in reach.lines:
                linked.setdefault(reach.function.path, {}).setdefault(line, (reach.function, set()))[1].add(reach.test)
        found = []
        for path, lines in sorted(linked.items()):
            try:
                text = SourceText(self._sources[path])
            except (SyntaxError, ValueError, RecursionError):
                continue
            self._chunks[path] = Chunks(text)
            for mutation in _distinct(proposals(text, lines)):
                function, tests = lines[mutation.runs_at]
                ordered = tuple(sorted(tests, key=lambda test: (breadth[test], test)))
                found.append(Bug(edits=((function, mutation),), tests=ordered))
        return found


def _keys(bug: Bug) -> tuple[object, object, object]:
    ((function, mutation),) = bug.edits
    return mutation.operator, function, (function.path, mutation.line_number)


def _distinct(mutations: list[Mutation]) -> list[Mutation]:
    """Keep the first of those that make the same text."""
    return list({(m.start, m.end, m.replacement): m for m in reversed(mutations)}.values())[::-1]
