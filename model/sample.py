"""Sampling with a key-value cache: several continuations of one prompt side by side.

Shapes: N samples, T tokens so far, H query heads, K key heads, D head dimension.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa

from model.packed import Document, Packed, pack
from model.rope import turning
from model.transformer import Attention, Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One continuation: its token ids, the stop token included, and the log-probability of each when it was drawn."""

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]


class _Cache:
    """Keys and values of one layer for all samples; a local layer keeps its window only."""

    def __init__(self, k_TKD: torch.Tensor, v_TKD: torch.Tensor, samples: int, window: int | None) -> None:
        self._window = window
        self.k_NKTD = k_TKD.transpose(0, 1)[None].repeat(samples, 1, 1, 1)
        self.v_NKTD = v_TKD.transpose(0, 1)[None].repeat(samples, 1, 1, 1)

    def extend(self, k_NKD: torch.Tensor, v_NKD: torch.Tensor) -> None:
        self.k_NKTD = torch.cat([self.k_NKTD, k_NKD[:, :, None]], 2)
        self.v_NKTD = torch.cat([self.v_NKTD, v_NKD[:, :, None]], 2)
        if self._window is not None:
            self.k_NKTD, self.v_NKTD = self.k_NKTD[:, :, -self._window :], self.v_NKTD[:, :, -self._window :]


@torch.no_grad()
def sample(
    model: Transformer,
    prompt: Sequence[int],
    *,
    samples: int,
    longest: int,
    stop: Collection[int],
    generator: torch.Generator,
    temperature: float = 1.0,
) -> list[Sampled]:
    """Return continuations of at most `longest` tokens, each ended by a stop token; temperature 0 is greedy."""
    row = pack([Document(tokens=tuple(prompt), weights=(0.0,) * len(prompt))])
    caches, state_NC = _prefill(model, row, samples)
    tokens: list[list[int]] = [[] for _ in range(samples)]
    logprobs: list[list[float]] = [[] for _ in range(samples)]
    for number in range(longest):
        logits_NV = (state_NC @ model.lm_head.weight.T).float()
        drawn_N, chosen_N = _draw(logits_NV, temperature, generator)
        for n in range(samples):
            if not tokens[n] or tokens[n][-1] not in stop:
                tokens[n].append(int(drawn_N[n]))
                logprobs[n].append(float(chosen_N[n]))
        if all(held[-1] in stop for held in tokens):
            break
        state_NC = _step(model, drawn_N, len(prompt) + number, caches)
    return [Sampled(tokens=tuple(t), logprobs=tuple(p)) for t, p in zip(tokens, logprobs, strict=True)]


def _draw(logits_NV: torch.Tensor, temperature: float, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    if temperature == 0:
        drawn_N = logits_NV.argmax(-1)
    else:
        drawn_N = torch.multinomial((logits_NV / temperature).softmax(-1), 1, generator=generator)[:, 0]
    scaled = logits_NV / temperature if temperature else logits_NV
    return drawn_N, scaled.log_softmax(-1).gather(-1, drawn_N[:, None])[:, 0]


def _prefill(model: Transformer, row: Packed, samples: int) -> tuple[list[_Cache], torch.Tensor]:
    caches = []
    x_TC = model.model.embed_tokens(row.tokens_T)
    turn = turning(row.positions_T(), model.frequencies_D)
    for layer in model.model.layers:
        attention: Attention = layer.self_attn  # type: ignore[assignment]
        normed_TC = layer.input_layernorm(x_TC)  # type: ignore[operator]
        _, k_TKD, v_TKD = attention.project(normed_TC, turn)
        caches.append(_Cache(k_TKD, v_TKD, samples, attention.window))
        x_TC = layer(x_TC, row, turn)
    return caches, model.model.norm(x_TC[-1:]).repeat(samples, 1)


def _step(model: Transformer, tokens_N: torch.Tensor, position: int, caches: list[_Cache]) -> torch.Tensor:
    x_NC = model.model.embed_tokens(tokens_N)
    turn = turning(torch.full((len(tokens_N),), position), model.frequencies_D)
    for layer, cache in zip(model.model.layers, caches, strict=True):
        attention: Attention = layer.self_attn  # type: ignore[assignment]
        q_NHD, k_NKD, v_NKD = attention.project(layer.input_layernorm(x_NC), turn)  # type: ignore[operator]
        cache.extend(k_NKD, v_NKD)
        out_NHD = sdpa(q_NHD[:, :, None], cache.k_NKTD, cache.v_NKTD, enable_gqa=True)[:, :, 0]
        x_NC = x_NC + attention.o_proj(out_NHD.flatten(-2))
        x_NC = x_NC + layer.mlp(layer.post_attention_layernorm(x_NC))  # type: ignore[operator]
    return model.model.norm(x_NC)


def continuations_row(prompt: Sequence[int], continuations: Sequence[Sampled]) -> Packed:
    """Return the prompt with each of its continuations as documents of a row whose weights select the sampled tokens."""
    return pack(
        [
            Document(tokens=(*prompt, *c.tokens), weights=(0.0,) * len(prompt) + (1.0,) * len(c.tokens))
            for c in continuations
        ]
    )
