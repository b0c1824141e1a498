"""Candidates: which mutations of which covered functions are tried, so that most of them make a test fail."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
class _Counts:
    """How many candidates of an operator, a function or a line were taken, tried, and made a test fail."""

    taken: int = 0
    tried: int = 0
    failed: int = 0

    def share(self, prior: float, weight: float) -> float:
        """Return the share that made a test fail, with the prior as that of `weight` tries more."""
        return (self.failed + prior * weight) / (self.tried + weight)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Entry:
    """A bug of the pool beside the counts that decide when it comes."""

    bug: Bug
    operator: _Counts
    function: _Counts
    line: _Counts
    prior: float

    def chance(self) -> float:
        here = self.function.share(_USUAL, _FUNCTION_WEIGHT)
        share = self.operator.share(self.prior, _OPERATOR_WEIGHT)
        return share * here / _USUAL * (1 - 0.4 / (1 + len(self.bug.tests)))

    def order(self) -> tuple[bool, int, float]:
        chance = self.chance()
        turns = self.function.taken + 2 * self.line.taken
        return chance < _UNLIKELY, turns, self.operator.taken / max(chance, 0.01)


class Candidates:
    """Gives out candidates in a seeded order that takes operators, functions and lines in turn, and learns from results.

    A candidate's chance is its operator's share of successes so far, weighed by its function's: a function in which edits
    went unnoticed has tests that do not look at what it does. One that few tests run is less likely to be noticed.
    """

    def __init__(self, reached: Sequence[Reach], sources: Mapping[str, str], *, seed: int) -> None:
        self._sources = sources
        self._chunks: dict[str, Chunks] = {}
        self._counts: dict[object, _Counts] = {}
        self._given: dict[Bug, _Entry] = {}
        self._pool = [self._entry(bug) for bug in self._find(reached)]
        random.Random(seed).shuffle(self._pool)

    def __len__(self) -> int:
        return len(self._pool)

    def take(self, number: int) -> list[Bug]:
        """Return the next candidates, fewer when there are no more."""
        taken: list[Bug] = []
        while self._pool and len(taken) < number:
            at = min(range(len(self._pool)), key=lambda at: self._pool[at].order())
            entry = self._pool.pop(at)
            ((function, mutation),) = entry.bug.edits
            if self._chunks[function.path].compiles(mutation):
                self._given[entry.bug] = entry
                taken.append(entry.bug)
                for counts in (entry.operator, entry.function, entry.line):
                    counts.taken += 1
        return taken

    def learn(self, bug: Bug, *, failed: bool) -> None:
        """Take note of whether the candidate made a test fail."""
        entry = self._given[bug]
        for counts in (entry.operator, entry.function, entry.line):
            counts.tried += 1
            counts.failed += failed

    def _entry(self, bug: Bug) -> _Entry:
        ((function, mutation),) = bug.edits
        keys = (mutation.operator, function, (function.path, mutation.line_number))
        operator, own, line = (self._counts.setdefault(key, _Counts()) for key in keys)
        return _Entry(bug=bug, operator=operator, function=own, line=line, prior=operators()[mutation.operator].prior)

    def _find(self, reached: Sequence[Reach]) -> list[Bug]:
        passed = [reach for reach in reached if reach.outcome == "passed"]
        breadth: Counter[str] = Counter()
        linked: dict[str, dict[int, tuple[Function, set[str]]]] = {}
        for reach in passed:
            breadth[reach.test] += len(reach.lines)
            lines = linked.setdefault(reach.function.path, {})
            for line in reach.lines:
                lines.setdefault(line, (reach.function, set()))[1].add(reach.test)
        found = []
        for path, lines in sorted(linked.items()):
            try:
                text = SourceText(self._sources[path])
            except (SyntaxError, ValueError, RecursionError):
                continue
            self._chunks[path] = Chunks(text)
            ordered = _ordered(lines, breadth)
            for mutation in _distinct(proposals(text, lines)):
                function = lines[mutation.runs_at][0]
                found.append(Bug(edits=((function, mutation),), tests=ordered[mutation.runs_at]))
        return found


def _ordered(lines: Mapping[int, tuple[Function, set[str]]], breadth: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    """Return the tests of each line, those first that run the fewest lines of the project."""
    return {line: tuple(sorted(tests, key=lambda t: (breadth[t], t))) for line, (_, tests) in lines.items()}


def _distinct(mutations: list[Mutation]) -> list[Mutation]:
    """Keep the first of those that make the same text."""
    return list({(m.start, m.end, m.replacement): m for m in reversed(mutations)}.values())[::-1]
