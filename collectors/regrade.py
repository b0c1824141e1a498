"""Regrade: judges again what was judged before, from the stored patches alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from collectors.judge import JudgeSettings, judge_patch
from collectors.task import Task
from images.container import Container


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A patch of a task, and the reward that it was given."""

    task: Task
    patch: str
    reward: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """`again` is the new reward, None where the machine failed, as `cause` says."""

    graded: Graded
    again: float | None
    cause: str = ""

    @property
    def equal(self) -> bool:
        """Say whether the reward is the stored one."""
        return self.again == self.graded.reward


def regrade(
    stored: Iterable[Graded],
    open_container: Callable[[], Container],
    sources: Mapping[str, str],
    settings: JudgeSettings | None = None,
) -> list[Regraded]:
    """Return the new reward of each, of tasks of one repository, whose clean texts are `sources`."""
    found = []
    for graded in stored:
        verdict = judge_patch(open_container, graded.task, sources, graded.patch, settings)
        found.append(Regraded(graded=graded, again=verdict.reward if verdict.valid else None, cause=verdict.cause))
    return found
