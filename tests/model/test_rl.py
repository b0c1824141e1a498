"""Sampling and the RL step."""

import math
from collections.abc import Sequence

import pytest
import torch

from model.config import ModelConfig
from model.loss import token_losses
from model.render import Control
from model.rl.advantage import advantages
from model.rl.environment import Question
from model.rl.learner import Learner, RlSettings
from model.rl.policy_loss import Clip, policy_loss
from model.sample import continuation_row, sample
from model.transformer import Transformer
from tests.model.test_training import _TOKENIZER
from tests.model.test_transformer import TINY


class _Echo:
    """Rewards answers that begin with a digit."""

    def questions(self) -> Sequence[Question]:
        return [
            Question(key=str(n), prompt=(Control("begin_of_text"), f"x = {n}", Control("arg_sep"))) for n in range(3)
        ]

    def rewards(self, answers: Sequence[tuple[str, str]]) -> list[float | None]:
        return [None if not text else 1.0 if text[:1] in "0123456789" else -1.0 for _, text in answers]


def _model(vocabulary: int) -> Transformer:
    shape = ModelConfig(vocabulary=vocabulary, hidden=32, layers=2, heads=2, kv_heads=1, head_dim=16, ffn=48, window=4)
    model = Transformer(shape)
    model.initialise(1)
    return model


def test_cached_sampling_equals_the_uncached_forward() -> None:
    model = Transformer(TINY)
    model.initialise(0)
    prompt = [5, 6, 7, 8, 9, 10]
    for drawn in sample(model, prompt, samples=3, longest=9, stop=(), generator=torch.Generator().manual_seed(0)):
        row = continuation_row(prompt, drawn)
        again = -token_losses(model, row)[row.weights_T > 0]
        torch.testing.assert_close(again, torch.tensor(drawn.logprobs), atol=1e-4, rtol=0)


def test_sampling_stops_and_is_greedy_at_temperature_zero() -> None:
    model = Transformer(TINY)
    model.initialise(0)
    generator = torch.Generator().manual_seed(0)
    (first,) = sample(model, [1, 2], samples=1, longest=5, stop=(), generator=generator, temperature=0)
    stop = {first.tokens[2]}
    (stopped,) = sample(model, [1, 2], samples=1, longest=5, stop=stop, generator=generator, temperature=0)
    assert stopped.tokens == first.tokens[: first.tokens.index(first.tokens[2]) + 1]


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


def test_learning_raises_the_reward_and_the_sampler_agrees_with_the_learner() -> None:
    settings = RlSettings(steps=40, groups=3, samples=12, longest=4, peak=3e-2, seed=0)
    learner = Learner(_model(_TOKENIZER.size), _TOKENIZER, _AnyEnd(), settings)
    metrics = []
    learner.run(metrics.append)
    assert max(m.lag for m in metrics) < 1e-4
    assert sum(m.reward for m in metrics[-5:]) / 5 > sum(m.reward for m in metrics[:5]) / 5 + 0.5


class _AnyEnd(_Echo):
    """Rewards answers that end at all: an answer without an end is wrong, not unjudged."""

    def rewards(self, answers: Sequence[tuple[str, str]]) -> list[float | None]:
        return [1.0 if text else -1.0 for _, text in answers]


def test_answers_that_were_not_judged_teach_nothing() -> None:
    model = _model(_TOKENIZER.size)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    metrics = Learner(model, _TOKENIZER, _Echo(), RlSettings(groups=2, samples=2, longest=2)).step(0)
    assert metrics.unjudged == 4
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
