"""Replay: plays a recorded episode again in fresh containers, and says where the two part."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collectors.actions import format_call
from collectors.episode_limits import EpisodeLimits
from collectors.forager import play
from collectors.normalised import normalised, rules_needed
from collectors.policy import ScriptedPolicy
from collectors.task import Task
from images.container import Container
from trajectories.episode import Episode, Step

_ENDED_LATE = 124
_LONGEST_SECONDS = 3600.0
_PATIENCE = 5
_BOUNDLESS = 1 << 62


class Sameness(StrEnum):
    """How a replay is the same as its record."""

    EQUAL = "equal"
    NORMALISED = "equal after normalising"
    DIFFERS = "differs"
    FAULT = "could not be played"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`step` (from 1) and `kind` say where and in what the replay differs first; behind the last step it is at its end.

    `rules` are those of normalising that were needed; `shown` has what was seen, then and now, where that differs.
    """

    sameness: Sameness
    step: int | None = None
    kind: str = ""
    rules: tuple[str, ...] = ()
    shown: tuple[str, str] | None = None


def messages_of(episode: Episode) -> list[str]:
    """Return what the policy said, in the form that is parsed to the same actions."""
    return [
        format_call(step.thought, step.tool, step.arguments.get("body", "")) if step.tool else step.thought
        for step in episode.steps
    ]


def replay(
    task: Task,
    episode: Episode,
    open_container: Callable[[], Container],
    sources: Mapping[str, str],
    limits: EpisodeLimits,
) -> Comparison:
    """Play the episode's messages again and compare; `limits` are those of the record, whose budgets do not end it here."""
    late = any(step.exit_code == _ENDED_LATE for step in episode.steps)
    roomy = EpisodeLimits(
        steps=len(episode.steps) + 1,
        malformed=len(episode.steps) + 1,
        tokens=_BOUNDLESS,
        bytes=_BOUNDLESS,
        seconds=_LONGEST_SECONDS,
        # On a busy machine a command takes longer: what was in time then is waited for now.
        command_seconds=limits.command_seconds * (1 if late else _PATIENCE),
        shown=limits.shown,
    )
    policy = ScriptedPolicy(messages_of(episode), name=episode.policy)
    again = play(task, policy, open_container, sources, roomy)
    if not again.reward_valid:
        return Comparison(sameness=Sameness.FAULT, kind=f"{again.cause}: {again.reason}")
    return compare(episode, again)


def compare(recorded: Episode, again: Episode) -> Comparison:
    """Return how the second is the same as the first; what a fault broke off is compared as far as it goes."""
    steps = recorded.steps if recorded.reward_valid else recorded.steps[:-1]
    if recorded.start_digest and recorded.start_digest != again.start_digest:
        return Comparison(sameness=Sameness.DIFFERS, step=0, kind="work tree before the first step")
    rules: set[str] = set()
    for number, (old, new) in enumerate(zip(steps, again.steps, strict=False), 1):
        if kind := _difference(old, new):
            return Comparison(
                sameness=Sameness.DIFFERS, step=number, kind=kind, shown=(old.observation, new.observation)
            )
        if old.observation != new.observation:
            rules |= set(rules_needed(old.observation, new.observation)) or {"several"}
    if kind := _difference_at_the_end(recorded, again, steps):
        return Comparison(sameness=Sameness.DIFFERS, step=len(steps) + 1, kind=kind)
    same = Sameness.NORMALISED if rules else Sameness.EQUAL
    return Comparison(sameness=same, rules=tuple(sorted(rules)))


def _difference(old: Step, new: Step) -> str:
    """Return the class of what differs between two runs of one action, or nothing."""
    codes = (old.exit_code, new.exit_code)
    if codes[0] != codes[1]:
        return "deadline" if _ENDED_LATE in codes else "exit code"
    if old.tree_digest and new.tree_digest and old.tree_digest != new.tree_digest:
        return "deadline, work tree" if _ENDED_LATE in codes else "work tree"
    texts = [normalised(step.observation) for step in (old, new)]
    if old.output_digest == new.output_digest or (not old.output_digest and texts[0] == texts[1]):
        return ""
    if _ENDED_LATE in codes:
        return "deadline, output"
    if texts[0] == texts[1]:
        return "output beyond what is shown"
    return "order of lines" if sorted(texts[0].splitlines()) == sorted(texts[1].splitlines()) else "output"


def _difference_at_the_end(recorded: Episode, again: Episode, steps: Sequence[Step]) -> str:
    if len(again.steps) < len(steps):
        return "steps"
    if not recorded.reward_valid:
        return ""
    if recorded.patch != again.patch:
        return "patch"
    return "verdict" if (recorded.reward, recorded.judged) != (again.reward, again.judged) else ""
