"""Sampling, beside the forward pass without a cache."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from model.config import LOCAL
from model.loss import learnt_losses
from model.packed import Document, pack
from model.sample import Sampling, continuations_row, sample
from model.transformer import Transformer
from tests.model.test_transformer import TINY

# Shorter than, as long as and longer than the window of 4.
PROMPTS = [[5, 6, 7, 8, 9, 10], [1], [2, 3, 4, 5], list(range(20, 45))]


def _model(**options: object) -> Transformer:
    model = Transformer(replace(TINY, init_std=0.3, **options))  # type: ignore[arg-type]
    model.initialise(0)
    return model


@pytest.mark.parametrize(
    "options", [{}, {"window": 1}, {"window": 100, "rope_scaling": True}, {"layer_types": (LOCAL,) * 5}]
)
def test_cached_sampling_equals_the_uncached_forward(options: dict[str, object]) -> None:
    model = _model(**options)
    made = sample(model, PROMPTS, Sampling(longest=9, temperature=0.8), seeds=[0, 1, 2, 3], samples=3)
    for prompt, drawn in zip(PROMPTS, made, strict=True):
        row = continuations_row(prompt, drawn)
        states = model(row)[row.weights_T > 0]
        logprobs = (states @ model.lm_head.weight.T / 0.8).log_softmax(-1)
        again = logprobs.gather(1, row.targets_T[row.weights_T > 0][:, None])[:, 0]
        expected = torch.tensor([value for one in drawn for value in one.logprobs])
        torch.testing.assert_close(again.detach(), expected, atol=1e-4, rtol=0)


def test_a_sequence_does_not_depend_on_what_is_drawn_beside_it() -> None:
    model, sampling = _model(), Sampling(longest=12, stop=frozenset({3, 4, 5, 6, 7}))
    together = sample(model, PROMPTS, sampling, seeds=[4, 5, 6, 7], samples=2)
    for prompt, seed, drawn in zip(PROMPTS, (4, 5, 6, 7), together, strict=True):
        (alone,) = sample(model, [prompt], sampling, seeds=[seed], samples=2)
        assert [one.tokens for one in alone] == [one.tokens for one in drawn]
    assert len({len(one.tokens) for drawn in together for one in drawn}) > 2


def test_sampling_stops_and_is_greedy_at_temperature_zero() -> None:
    model = _model()
    ((first,),) = sample(model, [[1, 2]], Sampling(longest=5, temperature=0.0), seeds=[0])
    states = model(continuations_row([1, 2], [first]))[1:-1]
    assert (states @ model.lm_head.weight.T).argmax(-1).tolist() == list(first.tokens)
    sampling = Sampling(longest=5, temperature=0.0, stop=frozenset({first.tokens[2]}))
    ((stopped,),) = sample(model, [[1, 2]], sampling, seeds=[9])
    assert stopped.tokens == first.tokens[: first.tokens.index(first.tokens[2]) + 1]


def test_tokens_come_as_often_as_the_model_says_and_the_nucleus_leaves_the_rest_out() -> None:
    model = _model()
    logits = model(pack([Document(tokens=(1,), weights=(0.0,))])) @ model.lm_head.weight.T
    expected = logits.softmax(-1)[0].detach()
    counts = Counter(one.tokens[0] for one in sample(model, [[1]], Sampling(longest=1), seeds=[3], samples=4000)[0])
    for token in expected.topk(3).indices.tolist():
        assert counts[token] / 4000 == pytest.approx(float(expected[token]), abs=0.04)
    ordered = expected.sort(descending=True)
    kept = int((ordered.values.cumsum(0) < 0.5).sum()) + 1
    drawn = sample(model, [[1]], Sampling(longest=1, top_p=0.5), seeds=[3], samples=500)[0]
    assert {one.tokens[0] for one in drawn} <= set(ordered.indices[:kept].tolist())
    best = next(one for one in drawn if one.tokens[0] == int(ordered.indices[0]))
    assert best.logprobs[0] == pytest.approx(float((ordered.values[0] / ordered.values[:kept].sum()).log()), abs=1e-4)


def test_forced_tokens_stand_where_they_are_forced() -> None:
    def force(number: int, drawn: Sequence[int]) -> int | None:
        return 40 + number if len(drawn) == 1 else None

    model = _model()
    made = sample(model, [[1, 2], [3]], Sampling(longest=3), seeds=[0, 1], force=force)
    assert [drawn[0].tokens[1] for drawn in made] == [40, 41]
    again = -learnt_losses(model, continuations_row([1, 2], made[0]))
    torch.testing.assert_close(again.detach(), torch.tensor(made[0][0].logprobs), atol=1e-4, rtol=0)


def test_wrong_settings_are_refused() -> None:
    for wrong in ({"longest": 0}, {"longest": 1, "top_p": 0.0}, {"longest": 1, "temperature": -1.0}):
        with pytest.raises(ValueError, match="at least 1"):
            Sampling(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="each prompt has tokens and a seed"):
        sample(_model(), [[1], []], Sampling(longest=1), seeds=[0, 1])
