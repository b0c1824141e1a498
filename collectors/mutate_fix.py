"""Mutate-fix: plants bugs in functions that passing tests cover, and keeps those that make such tests fail."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from collectors.entry_points import Function
from collectors.line_coverage import Reach
from collectors.mutations import Mutation, mutations_of
from collectors.patches import unified_diff
from collectors.task import Place, Task
from images.container import Container
from images.health import TestSelection, run_tests
from trajectories.trajectory import content_id


@dataclass(frozen=True, slots=True, kw_only=True)
class MutateFixSettings:
    """How many bugs are tried and kept in one repository, and how many linked tests judge each."""

    candidates: int = 40
    tasks: int = 12
    tests: int = 30
    test_seconds: float = 30
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("candidates", "tasks", "tests"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One mutation of one covered function, with the passing tests that run its line."""

    function: Function
    mutation: Mutation
    tests: tuple[str, ...]


def plan_candidates(
    reached: Sequence[Reach], sources: Mapping[str, str], settings: MutateFixSettings
) -> list[Candidate]:
    """Return the mutations to try, in a seeded order that takes operators and functions in turn."""
    linked: dict[Function, dict[int, list[str]]] = {}
    for reach in reached:
        if reach.outcome == "passed":
            for line in reach.lines:
                linked.setdefault(reach.function, {}).setdefault(line, []).append(reach.test)
    found = []
    for function, by_line in sorted(linked.items(), key=lambda pair: (pair[0].path, pair[0].first_line)):
        for mutation in mutations_of(sources[function.path], set(by_line)):
            tests = tuple(sorted(set(by_line[mutation.line_number])))
            found.append(Candidate(function=function, mutation=mutation, tests=tests))
    random.Random(settings.seed).shuffle(found)
    return _in_turn(found)[: settings.candidates]


def _in_turn(found: list[Candidate]) -> list[Candidate]:
    """Order candidates so that each operator comes once before any comes twice, and the same for functions."""
    seen: dict[object, int] = {}
    ranked = []
    for position, candidate in enumerate(found):
        keys = (candidate.mutation.operator, candidate.function)
        turns = tuple(seen.get(key, 0) for key in keys)
        for key in keys:
            seen[key] = seen.get(key, 0) + 1
        ranked.append((turns[1], turns[0], position))
    return [found[position] for _, _, position in sorted(ranked)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting:
    """What every task of one repository shares."""

    repository: str
    split: str
    image: str
    source_digest: str


def plant_bugs(
    container: Container,
    candidates: Sequence[Candidate],
    sources: Mapping[str, str],
    planting: Planting,
    settings: MutateFixSettings,
    *,
    progress: Callable[[], None] = lambda: None,
) -> list[Task]:
    """Try the candidates in order and return all that were tried, refused ones with their reason, until enough are valid."""
    tried: list[Task] = []
    for candidate in candidates:
        tried.append(_plant(container, candidate, sources, planting, settings))
        progress()
        if sum(task.status == "valid" for task in tried) >= settings.tasks:
            break
    return tried


def _plant(
    container: Container,
    candidate: Candidate,
    sources: Mapping[str, str],
    planting: Planting,
    settings: MutateFixSettings,
) -> Task:
    path = candidate.function.path
    clean, tests = sources[path], list(candidate.tests[: settings.tests])
    buggy = candidate.mutation.apply(clean)
    container.put({path: buggy.encode()})
    run = run_tests(container, TestSelection(ids=tests), timeout_s=settings.test_seconds)
    container.put({path: clean.encode()})
    failing = [t for t in tests if t in run.outcomes and run.outcomes[t].outcome in ("failed", "error")]
    passing = [t for t in tests if t in run.outcomes and run.outcomes[t].outcome == "passed"]
    reason = ""
    if run.completed.timed_out:
        reason = "the tests did not end"
    elif not run.complete or run.collection_errors:
        reason = "the tests could not be collected"
    elif not failing:
        reason = "no test fails"
    message = run.outcomes[failing[0]].message.strip().splitlines() if failing else []
    return Task(
        id=content_id("mutate-fix", planting.source_digest, path, buggy),
        repository=planting.repository,
        split=planting.split,
        image=planting.image,
        places=(
            Place(
                path=path,
                function=candidate.function.name,
                line_number=candidate.mutation.line_number,
                operator=candidate.mutation.operator,
            ),
        ),
        patch=unified_diff(path, clean, buggy),
        oracle_patch=unified_diff(path, buggy, clean),
        fail_to_pass=tuple(failing),
        pass_to_pass=tuple(passing),
        goal=_goal(candidate.function, failing, message),
        status="refused" if reason else "valid",
        reason=reason,
    )


def _goal(function: Function, failing: Sequence[str], message: Sequence[str]) -> str:
    """Return the goal as CWM words it: inspect the function, run its tests, repair."""
    shown = "\n".join(f"- {test}" for test in failing[:3])
    last = "\n".join(message[-6:])
    return (
        f"The function `{function.name}` in `{function.path}` is broken. Inspect it, run its tests and repair it.\n\n"
        f"Failing tests:\n{shown}\n\nWhat one of them says:\n{last}\n"
    )
