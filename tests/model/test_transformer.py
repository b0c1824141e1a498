"""The model: its shape, its masks, its loss."""

import math

import pytest
import torch
from torch.nn.functional import silu

from model.attention import attend
from model.config import GLOBAL, ModelConfig, named_config
from model.gated import gated
from model.joined_linear import joined_linear
from model.loss import learnt_losses, weighted_loss
from model.packed import Document, pack
from model.rope import frequencies
from model.transformer import Transformer

TINY = ModelConfig(vocabulary=64, hidden=32, layers=5, heads=4, kv_heads=2, head_dim=8, ffn=48, window=4)


def _model() -> Transformer:
    model = Transformer(TINY)
    model.initialise(0)
    return model


def _document(*tokens: int) -> Document:
    return Document(tokens=tokens, weights=(1.0,) * len(tokens))


def test_the_largest_shape_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        model = Transformer(named_config("cwm-32b", vocabulary=128_256))
    assert sum(p.numel() for p in model.parameters()) == 32_581_097_472
    assert [i for i, kind in enumerate(model.config.layer_types) if kind == GLOBAL] == list(range(0, 64, 4))


def test_scaling_leaves_blends_and_divides_the_published_frequencies() -> None:
    plain = frequencies(named_config("cwm-32b", vocabulary=8))
    scaled = frequencies(
        ModelConfig(vocabulary=8, hidden=8, layers=1, heads=1, kv_heads=1, head_dim=128, ffn=8, rope_scaling=True)
    )
    ratio = plain / scaled
    untouched, divided = int((ratio < 1.000001).sum()), int((ratio > 15.99999).sum())
    assert (untouched, 64 - untouched - divided, divided) == (27, 7, 30)


@pytest.mark.parametrize("window", [None, 1, 2, 5, 6, 7, 40])
@pytest.mark.parametrize("lengths", [[6], [1, 1, 3], [13, 5, 1]])
def test_attention_equals_a_dense_mask(window: int | None, lengths: list[int]) -> None:
    torch.manual_seed(0)
    bounds = (0, *torch.tensor(lengths).cumsum(0).tolist())
    total = bounds[-1]
    q, k, v = (torch.randn(total, heads, 8, dtype=torch.float64, requires_grad=True) for heads in (4, 2, 2))
    owner = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    at = torch.arange(total)
    seen = (owner[:, None] == owner) & (at[:, None] >= at) & (at[:, None] - at < (window or total))
    scores = torch.einsum("thd,shd->hts", q, k.repeat_interleave(2, 1)) / math.sqrt(8)
    weights = scores.masked_fill(~seen, -torch.inf).softmax(-1)
    expected = torch.einsum("hts,shd->thd", weights, v.repeat_interleave(2, 1))
    actual = attend(q, k, v, bounds, window)
    torch.testing.assert_close(actual, expected)
    wanted = torch.autograd.grad(expected.square().sum(), (q, k, v), retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(actual.square().sum(), (q, k, v)), wanted)


def test_one_document_changes_no_other_exactly() -> None:
    model = _model()
    one = model(pack([_document(1, 2, 3, 4, 5, 6), _document(7, 8)]))
    other = model(pack([_document(1, 2, 3, 4, 5, 6), _document(9, 9)]))
    alone = model(pack([_document(1, 2, 3, 4, 5, 6)]))
    assert torch.equal(one[:6], other[:6])
    torch.testing.assert_close(one[:6], alone)


def test_the_loss_learns_nothing_across_a_boundary() -> None:
    packed = pack([_document(1, 2, 3), Document(tokens=(4, 5), weights=(1.0, 0.0))])
    assert packed.targets_T.tolist() == [2, 3, 0, 5, 0]
    assert packed.weights_T.tolist() == [1, 1, 0, 0, 0]
    assert packed.positions_T().tolist() == [0, 1, 2, 0, 1]
    assert learnt_losses(_model(), packed).shape == (2,)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of kv_heads"):
        ModelConfig(vocabulary=8, hidden=8, layers=1, heads=3, kv_heads=2, head_dim=8, ffn=8)
    with pytest.raises(ValueError, match="no model named 'huge'"):
        named_config("huge", vocabulary=8)


def test_a_head_that_starts_as_the_embedding_answers_with_the_token_itself() -> None:
    model = Transformer(named_config("demo", vocabulary=600))
    model.initialise(0)
    states_TC = model(pack([_document(*range(100))]))
    assert (states_TC @ model.lm_head.weight.T).argmax(-1).tolist() == list(range(100))
    assert float(model.model.embed_tokens.weight.detach().std()) == pytest.approx(1.0, abs=0.01)
    assert float(model.state_dict()["model.layers.0.mlp.down_proj.weight"].std()) == pytest.approx(0.007, abs=1e-4)


def test_the_gate_equals_its_plain_form_and_gradient() -> None:
    both = torch.randn(5, 12, dtype=torch.float64, requires_grad=True)
    assert torch.equal(gated(both), silu(both[:, :6]) * both[:, 6:])
    assert torch.autograd.gradcheck(gated, (both,))


def test_the_weighted_loss_and_its_gradients_equal_the_plain_ones() -> None:
    model = _model()
    packed = pack([Document(tokens=(1, 2, 3, 4, 5), weights=(1.0, 0.5, 0.0, 2.0, 1.0)), _document(*range(60))])
    loss, weights = weighted_loss(model, packed)
    (loss / weights * 3).backward()
    found = {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}
    model.zero_grad()
    learnt_T = packed.weights_T > 0
    plain = (learnt_losses(model, packed) * packed.weights_T[learnt_T]).sum()
    torch.testing.assert_close(loss, plain)
    (plain / weights * 3).backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, msg=name)
    with torch.no_grad():
        assert float(weighted_loss(model, packed)[0]) == pytest.approx(float(plain.detach()), rel=1e-6)


def test_layers_that_something_else_has_taken_over_are_not_joined() -> None:
    class Other(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 2

    plain, other, x = torch.nn.Linear(4, 3, bias=False), Other(4, 2, bias=False), torch.randn(5, 4)
    torch.testing.assert_close(joined_linear(x, plain, other), torch.cat([plain(x), other(x)], -1))
    torch.testing.assert_close(joined_linear(x, plain, plain), torch.cat([plain(x), plain(x)], -1))
