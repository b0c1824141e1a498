"""Proof: a repository's tests run offline several times, in fresh containers, and what all runs say together."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from images.container import Container
from images.failure_classes import classify
from images.health import TestOutcome, TestRun, TestSelection, run_tests

Start = Callable[[], AbstractContextManager[Container]]
_SHUFFLE = 1
_UNJUDGED = ("skipped", "xfailed")
_FAILED = ("failed", "error", "flaky")


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

    def messages(self) -> str:
        """Return what failed tests and files said, as far as leads are looked for in it."""
        texts = [test.message for test in self.tests if test.outcome in ("failed", "error")]
        return "\n".join([*self.collection_errors.values(), *texts[:500], self.said])

    def failure_class(self) -> str:
        """Return the class that most failures show: one test that asks for the network does not make a suite need it."""
        texts = [*self.collection_errors.values(), *(test.message for test in self.tests if test.outcome in _FAILED)]
        # A flaky test that never failed was missing in a run: its id depends on the hash seed, or on the order.
        classes = Counter(classify(text, stage="tests") if text else "unsteady-ids" for text in texts)
        most = classes.most_common(1)[0][0] if classes else "tests"
        if most != "tests":
            return most
        return "timeout" if self.timed_out else "tests-fail"


def prove(start: Start, selection: TestSelection, *, runs: int, share: float, timeout_s: float) -> Proof:
    """Run the tests `runs` times, each in a fresh container, and return what they say together.

    Hash seeds take turns and the last of several runs is in shuffled order. The first run decides alone when it stays
    under the share: no further run can lift it.
    """
    done: list[TestRun] = []
    for number in range(runs):
        chosen = replace(
            selection,
            env={**selection.env, "PYTHONHASHSEED": str(number % 2)},
            shuffle=_SHUFFLE if number and number == runs - 1 else None,
        )
        with start() as container:
            done.append(run_tests(container, chosen, timeout_s=timeout_s))
        if _joined(done).share < share:
            break
    return _joined(done)


def _joined(runs: list[TestRun]) -> Proof:
    tests = tuple(merge_runs(runs))
    errors = {name: text for run in runs for name, text in run.collection_errors.items()}
    judged = sum(test.outcome not in _UNJUDGED for test in tests) + len(errors)
    # What a run that was ended did not come to is unknown, so it was not passed.
    judged += sum(1 for test in runs[0].collected if test not in runs[0].outcomes)
    passed = sum(test.outcome == "passed" for test in tests)
    first = runs[0].completed
    return Proof(
        tests=tests,
        collection_errors=errors,
        share=passed / judged if judged else 0.0,
        judged=judged,
        timed_out=any(run.completed.timed_out for run in runs),
        said=first.text[-20_000:],
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
