"""Goal material: what is known of a mined task that goals are made of, and which of it the project's notes tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collectors.failures import Failure, read_failure
from collectors.goal_interface import missing_interface
from collectors.goal_leaks import Hidden
from collectors.goal_steps import steps_before
from collectors.goals import Facts, Goal, Style, write_goal
from collectors.issue_fix.changelog import choose_entry, words_of
from collectors.issue_fix.mining import Mined
from collectors.issue_fix.sides import is_test_side
from collectors.patches import apply_patch

_STYLES = (Style.NOTES, Style.VERBOSE, Style.SYMPTOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What tells of a change: the entries of a changelog, or the message of a commit, which is about the whole of it."""

    entries: Sequence[str] = ()
    message: str = ""


def goals_of(mined: Mined, told: Told, sources: Mapping[str, str], *, seed: int = 0) -> list[Goal]:
    """Return the goals of a mined task, the best first, refused ones with their reasons; `sources` are the image's texts.

    No goal of an issue-fix names its tests: they are hidden.
    """
    task = mined.task
    start = {**sources, **task.start(sources)}
    solved = {**start, **apply_patch(start, task.oracle_patch)}
    message = mined.failure.message if mined.failure else ""
    first = task.places[0] if task.places else None
    failure = read_failure(message)
    facts = Facts(
        project=task.repository,
        failure=failure,
        message=message,
        tests=task.fail_to_pass,
        own=lambda path: not is_test_side(path) and path in start,
        function=first.function if first else "",
        path=first.path if first else "",
        notes=told.message or choose_entry(told.entries, _words(mined)),
        steps=steps_of(failure, {**sources, **task.hidden_files}),
        interface=missing_interface(start, solved, task.hidden_files),
    )
    hidden = Hidden(tests=task.fail_to_pass, oracle_patch=task.oracle_patch, known=[start[p] for p in _paths(mined)])
    made = [write_goal(style, facts, hidden, seed=seed) for style in _STYLES]
    return sorted(made, key=lambda goal: not goal.text)


def steps_of(failure: Failure, texts: Mapping[str, str]) -> str:
    """Return the statements of the failing test, told from the outermost level of its traceback."""
    first = failure.calls[0] if failure.calls else None
    return steps_before(texts.get(first.path, ""), first.line_number) if first else ""


def _paths(mined: Mined) -> list[str]:
    return sorted({place.path for place in mined.task.places})


def _words(mined: Mined) -> set[str]:
    """Return the words of the functions that the fix changes, of its tests' names, and of the error."""
    functions = " ".join(place.function for place in mined.task.places)
    tests = " ".join(test.partition("::")[2].partition("[")[0] for test in mined.task.fail_to_pass)
    changed = " ".join(line for line in mined.task.oracle_patch.splitlines() if line.startswith(("+", "-")))
    return words_of(f"{functions} {tests} {changed}")
