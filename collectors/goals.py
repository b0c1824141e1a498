"""Goals: what a policy is told of a task, made without a model from how a test fails, in several styles.

terse    names the function and the failing tests, as CWM's mutate-fix does: inspect the function, run its tests, repair
verbose  tells the failing call, the expected and the actual value and the user-level traceback, and names no test
symptom  says in a sentence what goes wrong, and nothing of where
notes    what the project's own notes say of the change (changelog entry or commit message), and the symptom
"""

import random
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from textwrap import indent

from collectors.failures import Failure, short
from collectors.goal_leaks import Hidden, leaks_of
from trajectories.trajectory import content_id

METHOD = "goals-1"
_MOST_CALLS = 8
_OPENINGS = ("Something is wrong in {project}.", "I ran into a bug in {project}.", "There is a bug in {project}.")
_WRONG = (
    "`{call}` gives `{actual}`, but it should give `{expected}`.",
    "`{call}` comes out as `{actual}`; `{expected}` was expected.",
    "I expected `{expected}` from `{call}` and got `{actual}`.",
)
_RAISES = ("It ends in `{error}`.", "All that comes is `{error}`.", "This error is raised: `{error}`.")
_CALL_RAISES = ("`{call}` ends in `{error}`.", "Calling `{call}` raises `{error}`.", "With `{call}` comes `{error}`.")


class Style(StrEnum):
    """How a goal is told."""

    TERSE = "terse"
    VERBOSE = "verbose"
    SYMPTOM = "symptom"
    NOTES = "notes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What goals are made of: the failure of a test in the task's state, and what may be said of the task.

    `own` says of a path of a traceback whether it is the project's source. `function` and `path` are where the first bug is
    planted, `notes` what the project says of the change, `steps` the statements by which the failure is seen, `interface` the
    signatures that hidden tests call.
    """

    project: str
    failure: Failure
    message: str
    tests: Sequence[str]
    own: Callable[[str], bool]
    function: str = ""
    path: str = ""
    notes: str = ""
    steps: str = ""
    interface: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal text, or why there is none: `reason` is empty for one that may be used."""

    style: Style
    text: str
    reason: str = ""


def write_goal(style: Style, facts: Facts, hidden: Hidden, *, seed: int = 0) -> Goal:
    """Return the goal in this style; the same seed gives the same words. A text that leaks is none, and says what leaked.

    The terse style names tests on purpose: give it `hidden` without tests, or get none.
    """
    hidden = replace(hidden, known=(*hidden.known, *facts.interface))
    draw = random.Random(content_id(METHOD, style, facts.project, list(facts.tests), seed))
    makers = {Style.TERSE: _terse, Style.VERBOSE: _verbose, Style.SYMPTOM: _symptom_alone, Style.NOTES: _from_notes}
    text = makers[style](facts, draw, hidden).strip()
    if not text:
        return Goal(style=style, text="", reason="the failure says too little for this style")
    leaks = leaks_of(text, hidden)
    if leaks:
        return Goal(style=style, text="", reason=f"it would give away the {leaks[0].kind} {leaks[0].text!r}")
    return Goal(style=style, text=text + "\n")


def _terse(facts: Facts, draw: random.Random, hidden: Hidden) -> str:
    """Return the goal as CWM words it, from which the built-in repairer reads function, path and failing tests."""
    if not facts.function:
        return ""
    shown = "\n".join(f"- {test}" for test in facts.tests[:3])
    last = "\n".join(facts.message.strip().splitlines()[-6:])
    return (
        f"The function `{facts.function}` in `{facts.path}` is broken. Inspect it, run its tests and repair it.\n\n"
        f"Failing tests:\n{shown}\n\nWhat one of them says:\n{last}"
    )


def _symptom_alone(facts: Facts, draw: random.Random, hidden: Hidden) -> str:
    symptom = _symptom(facts, draw, hidden)
    return f"{draw.choice(_OPENINGS).format(project=facts.project)} {symptom}" if symptom else ""


def _symptom(facts: Facts, draw: random.Random, hidden: Hidden) -> str:
    """Return the sentence of what goes wrong; empty where the failure says nothing that may be said."""
    failure = facts.failure
    error = short(failure.error)
    if failure.call and failure.actual and failure.expected:
        values = {"call": failure.call, "actual": short(failure.actual), "expected": short(failure.expected)}
        said = draw.choice(_WRONG).format(**values)
    elif failure.call and failure.actual:
        said = f"`{failure.call}` does not hold: it comes out as `{short(failure.actual)}`."
    elif error and not error.startswith(("AssertionError", "assert ", "Failed:")):
        call = failure.calls[0].code if failure.calls else ""
        said = draw.choice(_CALL_RAISES if call else _RAISES).format(call=call, error=error)
        if call and leaks_of(said, hidden):
            said = draw.choice(_RAISES).format(error=error)
    elif error.startswith("Failed: DID NOT RAISE"):
        said = f"Nothing is raised where {_raised(error)} should be."
    else:
        said = f"A check does not hold: `{error}`." if error else ""
    return "" if leaks_of(said, hidden) else said


def _raised(error: str) -> str:
    names = re.findall(r"[\w.]*(?:Error|Exception|Warning|Exit|Interrupt)\b", error)
    return " or ".join(f"`{name.rpartition('.')[2]}`" for name in names) or "an exception"


def _verbose(facts: Facts, draw: random.Random, hidden: Hidden) -> str:
    symptom = _symptom(facts, draw, hidden)
    parts = [f"{draw.choice(_OPENINGS).format(project=facts.project)} {symptom}" if symptom else ""]
    failure = facts.failure
    seen = [facts.steps, failure.calls[0].code if failure.calls else ""]
    steps = next((text for text in seen if text and not leaks_of(text, hidden)), "")
    if steps:
        parts.append("To see it, run:\n\n" + indent(steps, "    "))
    if failure.expected and symptom:
        parts.append(f"Expected: {short(failure.expected)}\nActual: {short(failure.actual)}")
    parts += [_traceback(facts, hidden), *_interface(facts)]
    return "\n\n".join(part for part in parts if part) if symptom else ""


def _traceback(facts: Facts, hidden: Hidden) -> str:
    """Return the levels of the traceback that are the project's own source, as the interpreter prints them."""
    own = [call for call in facts.failure.calls if facts.own(call.path)][-_MOST_CALLS:]
    lines = [f'  File "{c.path}", line {c.line_number}, in {c.function}\n    {c.code}' for c in own]
    kept = [line for line in lines if not leaks_of(line, hidden)]
    if not kept:
        return ""
    return "\n".join(["Traceback (most recent call last):", *kept, short(facts.failure.error)])


def _from_notes(facts: Facts, draw: random.Random, hidden: Hidden) -> str:
    notes = without_leaks(facts.notes, hidden)
    if not notes:
        return ""
    symptom = _symptom(facts, draw, hidden)
    seen = f"What can be seen now: {symptom}" if symptom else ""
    parts = [
        f"{facts.project} should do what its notes say of the next version:",
        f"> {notes}",
        seen,
        *_interface(facts),
    ]
    return "\n\n".join(part for part in parts if part)


def _interface(facts: Facts) -> Collection[str]:
    if not facts.interface:
        return ()
    return ("It is called as:\n\n" + "\n".join(f"    {line}" for line in facts.interface),)


def without_leaks(text: str, hidden: Hidden) -> str:
    """Return the sentences of the text that give nothing away."""
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text.strip())
    return " ".join(sentence for sentence in sentences if not leaks_of(sentence, hidden))
