"""Attention of packed documents forward and backward, beside scaled_dot_product_attention with a dense mask."""

import time
from collections.abc import Callable

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa

from benchmarks.model.rows_of_documents import packed_row
from model.attention import attend
from model.packed import Packed


def attention_times(tokens: int, window: int, *, rounds: int) -> tuple[float, float]:
    """Return the best CPU seconds of ours and of the dense mask, in turn; raise when their results differ."""
    packed = packed_row(tokens, max(2, tokens // 900), vocabulary=99)
    q, k, v = (torch.randn(tokens, heads, 64, requires_grad=True) for heads in (4, 2, 2))
    mask = _mask(packed, window)

    def ours() -> torch.Tensor:
        return attend(q, k, v, packed.bounds, window)

    def dense() -> torch.Tensor:
        q_, k_, v_ = (x.transpose(0, 1)[None] for x in (q, k, v))
        return sdpa(q_, k_, v_, attn_mask=mask, enable_gqa=True)[0].transpose(0, 1)

    torch.testing.assert_close(ours(), dense(), rtol=1e-4, atol=1e-5)
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for side, attended in enumerate((ours, dense)):
            best[side] = min(best[side], _seconds(attended, (q, k, v)))
    return best[0], best[1]


def _seconds(attended: Callable[[], torch.Tensor], leaves: tuple[torch.Tensor, ...]) -> float:
    began = time.process_time()
    torch.autograd.grad(attended().sum(), leaves)
    return time.process_time() - began


def _mask(packed: Packed, window: int) -> torch.Tensor:
    lengths = torch.tensor(packed.bounds).diff()
    owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    at = torch.arange(len(owner))
    return (owner[:, None] == owner) & (at[:, None] >= at) & (at[:, None] - at < window)
