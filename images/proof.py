"""Proof: a repository's tests run offline several times, in fresh containers, and what all runs say together."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from images.failure_classes import classify
from images.health import TestOutcome, TestRun, TestSelection
from images.whole_run import Start, run_whole

_SHUFFLE = 1
_UNJUDGED = ("skipped", "xfailed")
_FAILED = ("failed", "error", "flaky")
_TOO_LONG = "the test took longer than"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRules:
    """How often tests are run, the share that has to pass every time, and the seconds that one run may take.

    `seconds` is asked before each run. `lacks` is asked after a first run that is good enough, with what its failures
    said: when it says yes, there is no further run.
    """

    runs: int = 3
    share: float = 0.8
    seconds: Callable[[], float] = lambda: 600
    lacks: Callable[[str], bool] = lambda said: False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the runs say: `share` counts tests that passed every time among all that were judged.

    A file that could not be collected counts as one test that failed, so that a suite of which half does not import is
    not taken for a healthy half. `reason` is empty when the share is reached.
    """

    tests: tuple[TestOutcome, ...]
    collection_errors: dict[str, str]
    share: float
    judged: int
    timed_out: bool
    said: str
    unrun: int = 0
    runs: int = 1
    stopped: str = ""

    def failures(self) -> str:
        """Return what failed tests, and files that could not be collected, said."""
        texts = [test.message for test in self.tests if test.outcome in ("failed", "error")]
        return "\n".join([*self.collection_errors.values(), *texts[:500]])

    def messages(self) -> str:
        """Return that and the output of the first run, as far as leads are looked for in it."""
        return f"{self.failures()}\n{self.said}"

    def failure_class(self) -> str:
        """Return the class that most failures show: one test that asks for the network does not make a suite need it."""
        texts = [*self.collection_errors.values(), *(test.message for test in self.tests if test.outcome in _FAILED)]
        # A flaky test that never failed was missing in a run: its id depends on the hash seed, or on the order.
        classes = Counter(classify(text, stage="tests") if text else "unsteady-ids" for text in texts)
        most = classes.most_common(1)[0][0] if classes else "tests"
        if most != "tests":
            return most
        return "timeout" if self.timed_out else "tests-fail"


def prove(start: Start, selection: TestSelection, rules: ProofRules) -> Proof:
    """Run the tests as often as the rules say, each time in a fresh container, and return what all runs say together.

    Hash seeds take turns and the last of several runs is in shuffled order. The first run decides alone when it stays
    under the share: no further run can lift it. It ends as soon as that is known. A test that took too long is not run again.
    """
    done: list[TestRun] = []
    for number in range(rules.runs):
        chosen = replace(
            selection,
            env={**selection.env, "PYTHONHASHSEED": str(number % 2)},
            shuffle=_SHUFFLE if number and number == rules.runs - 1 else None,
            share=None if number else rules.share,
            left_out=_endless(done[0]) if done else (),
        )
        run = run_whole(start, chosen, timeout_s=rules.seconds())
        done.append(_as_first(done[0], run, renamed=number % 2 == 1) if done else run)
        proof = _joined(done)
        if proof.share < rules.share or (number == 0 and rules.runs > 1 and rules.lacks(proof.failures())):
            break
    return proof


def _endless(first: TestRun) -> tuple[str, ...]:
    return tuple(test.id for test in first.outcomes.values() if test.outcome == "failed" and _TOO_LONG in test.message)


def _as_first(first: TestRun, run: TestRun, *, renamed: bool) -> TestRun:
    """Return a later run with the outcomes of what was left out of it, and under the first run's ids.

    An id may depend on the hash seed, as that of a case drawn from a set. Where one function has as many ids that are new as
    are gone, and all of these ended alike, they are the same tests: the ids of seed 0 are those that every container has.
    """
    outcomes = {**run.outcomes, **{test: first.outcomes[test] for test in _endless(first)}}
    if renamed:
        gone, new = _by_function(first.outcomes, outcomes), _by_function(outcomes, first.outcomes)
        for function, ids in gone.items():
            others = new.get(function, [])
            ended = {first.outcomes[i].outcome for i in ids} | {outcomes[i].outcome for i in others}
            if len(others) == len(ids) and len(ended) == 1:
                outcomes |= {
                    test: replace(outcomes.pop(other), id=test) for test, other in zip(ids, others, strict=True)
                }
    return replace(run, outcomes=outcomes)


def _by_function(outcomes: Mapping[str, TestOutcome], known: Mapping[str, TestOutcome]) -> dict[str, list[str]]:
    """Return the ids that are not known, by the function that they are cases of."""
    found: dict[str, list[str]] = {}
    for test in outcomes:
        if test not in known:
            found.setdefault(test.partition("[")[0], []).append(test)
    return found


def _joined(runs: list[TestRun]) -> Proof:
    tests = tuple(merge_runs(runs))
    errors = {name: text for run in runs for name, text in run.collection_errors.items()}
    unrun = sum(1 for test in runs[0].collected if test not in runs[0].outcomes)
    judged = sum(test.outcome not in _UNJUDGED for test in tests) + len(errors) + unrun
    passed = sum(test.outcome == "passed" for test in tests)
    first = runs[0].completed
    return Proof(
        tests=tests,
        collection_errors=errors,
        share=passed / judged if judged else 0.0,
        judged=judged,
        timed_out=any(run.completed.timed_out for run in runs),
        said=first.text[-20_000:],
        unrun=unrun,
        runs=len(runs),
        stopped=runs[0].stopped,
    )


def merge_runs(runs: list[TestRun]) -> list[TestOutcome]:
    """Return one outcome per test: what all runs say, or `flaky` when they differ or a run lost the test."""
    names = dict.fromkeys(name for run in runs for name in run.outcomes)
    return [_merged([run.outcomes.get(name) for run in runs]) for name in names]


def _merged(found: "list[TestOutcome | None]") -> TestOutcome:
    there = [test for test in found if test is not None]
    outcomes = {test.outcome if test else "missing" for test in found}
    passes = sum(test.outcome == "passed" for test in there)
    worst = next((test for test in there if test.message), there[0])
    return replace(
        worst,
        outcome=worst.outcome if len(outcomes) == 1 else "flaky",
        seconds=round(sum(test.seconds for test in there) / len(there), 4),
        pass_rate=round(passes / len(found), 4),
    )
