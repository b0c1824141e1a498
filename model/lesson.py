"""Lesson: what the steps of a phase learn from; supervised rows and reinforcement are lessons of one trainer."""

from dataclasses import dataclass
from typing import Protocol

from model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What one step went over: tokens, and numbers by name, of which the first is the one to watch."""

    tokens: int
    values: dict[str, float]


class Lesson(Protocol):
    """Gives each step its gradients."""

    def teach(self, model: Transformer, step: int) -> Taught:
        """Add the step's gradients to the model's; they depend on weights, settings and step alone.

        A step that has nothing to teach adds none, and the weights stay as they are.
        """
        ...
