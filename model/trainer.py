"""The trainer: one loop for all phases, killed at any moment and run again to the same weights."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from model.checkpoint import load_newest, save_checkpoint
from model.config import ModelConfig
from model.lesson import Lesson
from model.phase import Phase
from model.schedule import learning_rate
from model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMetrics:
    """One line of metrics.jsonl: gradient norm before clipping, tokens of the step, and the lesson's own values."""

    step: int
    phase: str
    gradient_norm: float
    learning_rate: float
    tokens: int
    seconds: float
    values: dict[str, float]


class Trainer:
    """Trains a model on a lesson and writes checkpoints and metrics into `folder`.

    It starts from the newest checkpoint in `folder`, else from that in `before` (weights and the optimizer's state, not
    its settings), else from drawn weights.
    """

    def __init__(self, config: ModelConfig, phase: Phase, folder: Path, *, before: Path | None = None) -> None:
        self.phase = phase
        self.folder = folder
        self.model = Transformer(replace(config, rope_scaling=phase.rope_scaling))
        self.step = 0
        o = phase.optimisation
        matrices = [p for p in self.model.parameters() if p.dim() > 1]
        norms = [p for p in self.model.parameters() if p.dim() == 1]
        groups = [{"params": matrices, "weight_decay": o.weight_decay}, {"params": norms, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=o.peak, betas=(o.beta1, o.beta2), fused=True)
        here = load_newest(folder)
        found = here or (load_newest(before) if before else None)
        if found:
            self._restore(found[0])
        else:
            self.model.initialise(phase.seed)
        if here:
            self.step = here[1]["step"]

    def _restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        if "optimizer" in state:  # Imported weights come without one.
            settings = self._optimizer.state_dict()["param_groups"]
            self._optimizer.load_state_dict({"state": state["optimizer"]["state"], "param_groups": settings})

    def run(self, lesson: Lesson, on_step: Callable[[StepMetrics], None]) -> None:
        """Train to the end of the phase."""
        while self.step < self.phase.steps:
            metrics = self._step(lesson)
            self.step += 1
            on_step(metrics)
            self._write(metrics)
            if self.step % self.phase.save_every == 0 or self.step == self.phase.steps:
                self.save()

    def _step(self, lesson: Lesson) -> StepMetrics:
        began, rate = time.monotonic(), learning_rate(self.phase, self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        taught = lesson.teach(self.model, self.step)
        norm = torch.nn.utils.clip_grad_norm_(
            self.model.parameters(), self.phase.optimisation.clip, error_if_nonfinite=True
        )
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return StepMetrics(
            step=self.step,
            phase=self.phase.name,
            gradient_norm=float(norm),
            learning_rate=rate,
            tokens=taught.tokens,
            seconds=time.monotonic() - began,
            values=taught.values,
        )

    def save(self) -> Path:
        """Write a checkpoint of this step."""
        state = {"model": self.model.state_dict(), "optimizer": self._optimizer.state_dict()}
        return save_checkpoint(self.folder, self.step, state, {"phase": self.phase.name})

    def _write(self, metrics: StepMetrics) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        values = {name: getattr(metrics, name) for name in StepMetrics.__slots__}
        with (self.folder / "metrics.jsonl").open("a") as handle:
            handle.write(json.dumps(values) + "\n")
