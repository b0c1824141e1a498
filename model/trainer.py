"""The trainer: one loop for all phases, killed at any moment and run again to the same weights."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from model.checkpoint import load_newest, save_checkpoint
from model.config import ModelConfig
from model.loss import weighted_loss
from model.mixture import PhaseRows
from model.packed import Document, Packed
from model.phase import Optimisation, Phase
from model.rope import frequencies
from model.schedule import learning_rate
from model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """All that determines a training run but its documents."""

    phases: tuple[Phase, ...]
    optimisation: Optimisation = field(default_factory=Optimisation)
    seed: int = 0
    save_every: int = 50

    @property
    def steps(self) -> int:
        """Return the steps of all phases together."""
        return sum(phase.steps for phase in self.phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMetrics:
    """One line of metrics.jsonl: loss in nats per learnt token, gradient norm before clipping, tokens of the step."""

    step: int
    phase: str
    loss: float
    gradient_norm: float
    learning_rate: float
    tokens: int
    seconds: float
    losses: dict[str, float]


class Trainer:
    """Trains a model on the documents of each source and writes checkpoints and metrics into `folder`."""

    def __init__(
        self, config: ModelConfig, settings: TrainSettings, sources: Mapping[str, Sequence[Document]], folder: Path
    ) -> None:
        self.settings = settings
        self.folder = folder
        self._sources = sources
        self.model = Transformer(config)
        self.model.initialise(settings.seed)
        o = settings.optimisation
        matrices = [p for p in self.model.parameters() if p.dim() > 1]
        norms = [p for p in self.model.parameters() if p.dim() == 1]
        groups = [{"params": matrices, "weight_decay": o.weight_decay}, {"params": norms, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW(groups, lr=o.peak, betas=(o.beta1, o.beta2), fused=True)
        self.step = 0
        loaded = load_newest(folder)
        if loaded:
            state, manifest = loaded
            self.model.load_state_dict(state["model"])
            self._optimizer.load_state_dict(state["optimizer"])
            self.step = manifest["step"]

    def run(self, on_phase_end: Callable[[Phase, Transformer], None], on_step: Callable[[StepMetrics], None]) -> None:
        """Train to the end of the last phase; `on_phase_end` is called after each, also when it ended in an earlier run."""
        first = 0
        for phase in self.settings.phases:
            last = first + phase.steps
            if self.step < last:
                self._run_phase(phase, first, last, on_step)
                on_phase_end(phase, self.model)
            first = last

    def _run_phase(self, phase: Phase, first: int, last: int, on_step: Callable[[StepMetrics], None]) -> None:
        scaled = replace(self.model.config, rope_scaling=phase.rope_scaling)
        self.model.frequencies_D = frequencies(scaled).to(self.model.lm_head.weight.device)
        rows = PhaseRows(phase, self._sources, seed=self.settings.seed).rows((self.step - first) * phase.rows)
        while self.step < last:
            metrics = self._step(phase, rows)
            self.step += 1
            on_step(metrics)
            self._write(metrics)
            if self.step % self.settings.save_every == 0 or self.step == last:
                self.save(phase)

    def _step(self, phase: Phase, rows: Iterator[tuple[str, Packed]]) -> StepMetrics:
        began, settings = time.monotonic(), self.settings
        rate = learning_rate(self.step, settings.steps, settings.optimisation)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        batch = [next(rows) for _ in range(phase.rows)]
        weight = sum(float(packed.weights_T.sum()) for _, packed in batch)
        sums: dict[str, list[float]] = {}
        for name, packed in batch:
            loss, learnt = weighted_loss(self.model, packed)
            (loss / weight).backward()
            for at, value in enumerate((float(loss.detach()), float(learnt))):
                sums.setdefault(name, [0.0, 0.0])[at] += value
        norm = torch.nn.utils.clip_grad_norm_(
            self.model.parameters(), settings.optimisation.clip, error_if_nonfinite=True
        )
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return StepMetrics(
            step=self.step,
            phase=phase.name,
            loss=sum(loss for loss, _ in sums.values()) / weight,
            gradient_norm=float(norm),
            learning_rate=rate,
            tokens=sum(len(packed.tokens_T) for _, packed in batch),
            seconds=time.monotonic() - began,
            losses={name: loss / max(1.0, learnt) for name, (loss, learnt) in sums.items()},
        )

    def save(self, phase: Phase) -> Path:
        """Write a checkpoint of this step."""
        state = {"model": self.model.state_dict(), "optimizer": self._optimizer.state_dict()}
        return save_checkpoint(self.folder, self.step, state, {"phase": phase.name})

    def _write(self, metrics: StepMetrics) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        values = {name: getattr(metrics, name) for name in StepMetrics.__slots__}
        with (self.folder / "metrics.jsonl").open("a") as handle:
            handle.write(json.dumps(values) + "\n")
