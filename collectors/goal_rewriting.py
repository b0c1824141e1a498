"""Goal rewriting: a goal told again by a model, kept only when it gives nothing away and says what the goal said."""

import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

from collectors.errors import CollectorError
from collectors.goal_leaks import Hidden, leaks_of
from collectors.goals import Goal

Ask = Callable[[str, int], str]
_LONGEST = 4_000
_QUOTED = re.compile(r"`([^`\n]+)`")


def rewrite_goal(goal: Goal, project: str, hidden: Hidden, ask: Ask, *, seed: int = 0) -> Goal:
    """Return the goal in a model's words; one without text and with the reason where its answer may not be used.

    `ask(prompt, seed)` returns the model's answer; a `CollectorError` of it is a reason too. What the goal quotes (calls,
    values, errors) must stand in the answer, so that a policy is not sent after something else.
    """
    if not goal.text:
        return goal
    try:
        answer = ask(prompt_of(goal, project), seed).strip()
    except CollectorError as error:
        return replace(goal, text="", reason=f"no answer came: {error}")
    reason = _refusal(answer, goal, hidden)
    return replace(goal, text="" if reason else answer + "\n", reason=reason)


def prompt_of(goal: Goal, project: str) -> str:
    """Return what the model is asked; braces of the goal are its own."""
    template = (files("collectors") / "goal_rewrite.md").read_text()
    before, _, rest = template.partition("{project}")
    middle, _, end = rest.partition("{goal}")
    return "".join([before, project, middle, goal.text.strip(), end])


def _refusal(answer: str, goal: Goal, hidden: Hidden) -> str:
    if not answer:
        return "the answer has no text"
    if len(answer) > _LONGEST:
        return f"it has {len(answer):,} characters, more than {_LONGEST:,}"
    leaks = leaks_of(answer, hidden)
    if leaks:
        return f"it would give away the {leaks[0].kind} {leaks[0].text!r}"
    lost = [quoted for quoted in _QUOTED.findall(goal.text) if quoted not in answer]
    return f"it lost {lost[0]!r}" if lost else ""
