"""Sampling and the RL step."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from model.config import ModelConfig
from model.phase import Optimisation, Phase
from model.render import Control
from model.rl.advantage import advantages
from model.rl.environment import Question
from model.rl.learner import Learner, RlSettings
from model.rl.policy_loss import Clip, policy_loss
from model.trainer import StepMetrics, Trainer
from tests.model.test_training import _TOKENIZER


class _Echo:
    """Rewards answers that begin with a digit."""

    def questions(self) -> Sequence[Question]:
        return [
            Question(key=str(n), prompt=(Control("begin_of_text"), f"x = {n}", Control("arg_sep"))) for n in range(3)
        ]

    def rewards(self, answers: Sequence[tuple[str, str]]) -> list[float | None]:
        return [None if not text else 1.0 if text[:1] in "0123456789" else -1.0 for _, text in answers]


def _trainer(folder: Path, steps: int) -> Trainer:
    shape = ModelConfig(
        vocabulary=_TOKENIZER.size, hidden=32, layers=2, heads=2, kv_heads=1, head_dim=16, ffn=48, window=4
    )
    optimisation = Optimisation(peak=3e-2, warmup_steps=0, weight_decay=0.0, final_share=1.0)
    return Trainer(shape, Phase(name="rl", steps=steps, save_every=2, seed=1, optimisation=optimisation), folder)


def test_advantages_are_centred_by_length_and_not_scaled() -> None:
    assert advantages([1.0, -1.0], [1, 3]) == [1.5, -0.5]
    assert advantages([1.0, 1.0], [1, 3]) == [0.0, 0.0]
    assert advantages([1.0], [4]) == [0.0]
    with pytest.raises(ValueError, match="do not make a group"):
        advantages([], [])


def test_the_loss_equals_a_plain_reference() -> None:
    new, old = [-1.0, -0.1, -3.0], [-1.0, -1.0, -0.5]
    for advantage in (1.5, -0.5):
        terms = []
        for a, b in zip(new, old, strict=True):
            ratio = math.exp(a - b)
            terms.append(min(ratio * advantage, min(max(ratio, 0.8), 1.25) * advantage))
        loss = policy_loss(torch.tensor(new), torch.tensor(old), advantage, normaliser=7, clip=Clip())
        assert float(loss) == pytest.approx(-sum(terms) / 7, abs=1e-6)


def test_learning_raises_the_reward_and_the_sampler_agrees_with_the_learner(tmp_path: Path) -> None:
    lesson = Learner(_TOKENIZER, _AnyEnd(), RlSettings(groups=3, samples=12, longest=4), seed=0)
    metrics: list[StepMetrics] = []
    _trainer(tmp_path, 60).run(lesson, metrics.append)
    values = [m.values for m in metrics]
    assert max(v["lag"] for v in values) < 1e-4
    assert sum(v["reward"] for v in values[-5:]) / 5 > sum(v["reward"] for v in values[:5]) / 5 + 0.5


def test_stopped_reinforcement_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    lesson = Learner(_TOKENIZER, _AnyEnd(), RlSettings(groups=2, samples=6, longest=4), seed=0)
    whole, stopped = _trainer(tmp_path / "a", 6), _trainer(tmp_path / "b", 6)
    whole.run(lesson, lambda metrics: None)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(lesson, lambda metrics: _interrupt() if metrics.step == 4 else None)
    again = _trainer(tmp_path / "b", 6)
    assert again.step == 4
    again.run(lesson, lambda metrics: None)
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, again.model.state_dict()[name]), name


def _interrupt() -> None:
    raise KeyboardInterrupt


class _AnyEnd(_Echo):
    """Rewards answers that end at all: an answer without an end is wrong, not unjudged."""

    def rewards(self, answers: Sequence[tuple[str, str]]) -> list[float | None]:
        return [1.0 if text else -1.0 for _, text in answers]


def test_answers_that_were_not_judged_teach_nothing(tmp_path: Path) -> None:
    trainer = _trainer(tmp_path, 1)
    before = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    metrics: list[StepMetrics] = []
    trainer.run(Learner(_TOKENIZER, _Echo(), RlSettings(groups=2, samples=2, longest=2), seed=0), metrics.append)
    assert metrics[0].values["unjudged"] == 4
    assert all(torch.equal(before[name], tensor) for name, tensor in trainer.model.state_dict().items())
