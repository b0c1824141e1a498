"""Sampling with a key-value cache: continuations of prompts of any lengths, side by side.

Shapes: N sequences, V vocabulary, H query heads, K key heads, D head dimension.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa

from model.kv_cache import LayerCache, layer_caches, rows_of, written
from model.packed import Document, Packed, pack
from model.rope import turning
from model.transformer import Attention, Transformer

# Given a sequence's number and what was drawn for it so far, the token that must come next, or None.
Force = Callable[[int, Sequence[int]], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How continuations are drawn: at most `longest` tokens, ended by one of `stop`; temperature 0 is greedy.

    `top_p` keeps the likeliest tokens whose probabilities reach that sum.
    """

    longest: int
    stop: frozenset[int] = frozenset()
    temperature: float = 1.0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        if self.longest < 1 or self.temperature < 0 or not 0 < self.top_p <= 1:
            raise ValueError(
                f"longest {self.longest!r}, temperature {self.temperature!r} and top_p {self.top_p!r} must be "
                "at least 1, at least 0, and over 0 up to 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One continuation: its token ids, the stop token included, and the log-probability of each when it was drawn.

    A forced token has the log-probability that the model gave it.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]


@torch.no_grad()
def sample(
    model: Transformer,
    prompts: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    seeds: Sequence[int],
    samples: int = 1,
    force: Force | None = None,
) -> list[list[Sampled]]:
    """Return for each prompt its continuations, drawn from random numbers of the prompt's own seed.

    So a sequence is the same, but for rounding, whatever is drawn beside it. Sequence `number` of `force` is that of all prompts'
    samples in order.
    """
    if len(seeds) != len(prompts) or not all(prompts):
        raise ValueError(f"{len(prompts)} prompts with {len(seeds)} seeds: each prompt has tokens and a seed")
    batch = _Batch(model, prompts, samples, sampling.longest)
    uniform_NT = _uniform(seeds, samples, sampling.longest).to(batch.state_NC.device)
    tokens: list[list[int]] = [[] for _ in range(len(prompts) * samples)]
    logprobs: list[list[float]] = [[] for _ in tokens]
    live = list(range(len(tokens)))
    for number in range(sampling.longest):
        forced = [force(n, tokens[n]) if force else None for n in live]
        drawn_N, chosen_N = _draw(batch.logits(), sampling, uniform_NT[live, number], forced)
        for n, token, logprob in zip(live, drawn_N.tolist(), chosen_N.tolist(), strict=True):
            tokens[n].append(token)
            logprobs[n].append(logprob)
        going = [row for row, n in enumerate(live) if tokens[n][-1] not in sampling.stop]
        if not going or number + 1 == sampling.longest:
            break
        if len(going) < len(live):
            live, drawn_N = [live[row] for row in going], drawn_N[going]
            batch.keep(going)
        batch.step(drawn_N)
    made = [Sampled(tokens=tuple(t), logprobs=tuple(p)) for t, p in zip(tokens, logprobs, strict=True)]
    return [made[rows] for rows in rows_of(samples, prompts)]


def _uniform(seeds: Sequence[int], samples: int, longest: int) -> torch.Tensor:
    """Return a number in [0, 1) for each token of each sequence."""
    rows = []
    for seed in seeds:
        for number in range(samples):
            generator = torch.Generator().manual_seed(random.Random(f"{seed} {number}").getrandbits(62))
            rows.append(torch.rand(longest, generator=generator))
    return torch.stack(rows)


def _draw(
    logits_NV: torch.Tensor, sampling: Sampling, uniform_N: torch.Tensor, forced: Sequence[int | None]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a token of each sequence, and its log-probability in what it was drawn from."""
    scaled_NV = (logits_NV / sampling.temperature if sampling.temperature else logits_NV).log_softmax(-1)
    if sampling.temperature == 0:
        drawn_N = scaled_NV.argmax(-1)
    else:
        if sampling.top_p < 1:
            scaled_NV = _nucleus(scaled_NV, sampling.top_p).log_softmax(-1)
        cumulative_NV = scaled_NV.exp().cumsum(-1)
        reached_N1 = uniform_N[:, None] * cumulative_NV[:, -1:]
        drawn_N = torch.searchsorted(cumulative_NV, reached_N1, right=True)[:, 0]
        drawn_N = drawn_N.clamp(max=logits_NV.shape[-1] - 1)
    for row, token in enumerate(forced):
        if token is not None:
            drawn_N[row] = token
    return drawn_N, scaled_NV.gather(-1, drawn_N[:, None])[:, 0]


def _nucleus(logprobs_NV: torch.Tensor, top_p: float) -> torch.Tensor:
    """Return the log-probabilities with those behind the first whose sum reaches `top_p` at minus infinity."""
    ordered_NV, order_NV = logprobs_NV.sort(-1, descending=True)
    probabilities_NV = ordered_NV.exp()
    before_NV = probabilities_NV.cumsum(-1) - probabilities_NV
    cut_NV = ordered_NV.masked_fill(before_NV >= top_p, -torch.inf)
    return torch.empty_like(logprobs_NV).scatter_(-1, order_NV, cut_NV)


class _Batch:
    """The sequences that go on: their caches, positions, and the states of their last tokens."""

    def __init__(self, model: Transformer, prompts: Sequence[Sequence[int]], samples: int, longest: int) -> None:
        self._model = model
        device = model.lm_head.weight.device
        row = pack([Document(tokens=tuple(p), weights=(0.0,) * len(p)) for p in prompts]).to(device)
        lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
        self._positions_N = lengths.repeat_interleave(samples)
        self._caches: list[LayerCache] = []
        states_TC = self._prefill(row, samples, int(lengths.max()) + longest)
        self.state_NC = states_TC[torch.tensor(row.bounds[1:], device=device) - 1].repeat_interleave(samples, 0)

    def _prefill(self, row: Packed, samples: int, longest: int) -> torch.Tensor:
        model, sequences = self._model, (len(row.bounds) - 1) * samples
        x_TC = model.model.embed_tokens(row.tokens_T)
        turn = turning(row.positions_T(), model.frequencies_D)
        for number, layer in enumerate(model.model.layers):
            attention: Attention = layer.self_attn  # type: ignore[assignment]
            q_THD, k_TKD, v_TKD = attention.project(layer.input_layernorm(x_TC), turn)  # type: ignore[operator]
            if not self._caches:
                self._caches = layer_caches(model.config, sequences, longest, k_TKD)
            for document, (start, end) in enumerate(zip(row.bounds, row.bounds[1:], strict=False)):
                rows = slice(document * samples, (document + 1) * samples)
                self._caches[number].fill(rows, k_TKD[start:end], v_TKD[start:end])
            x_TC = x_TC + attention.attended(q_THD, k_TKD, v_TKD, row)
            x_TC = x_TC + layer.mlp(layer.post_attention_layernorm(x_TC))  # type: ignore[operator]
        return model.model.norm(x_TC)

    def logits(self) -> torch.Tensor:
        """Return the logits of the next token of each sequence."""
        return (self.state_NC @ self._model.lm_head.weight.T).float()

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows alone."""
        rows_N = torch.tensor(rows, device=self._positions_N.device)
        self._positions_N = self._positions_N[rows_N]
        for cache in self._caches:
            cache.keep(rows_N)

    def step(self, tokens_N: torch.Tensor) -> None:
        """Read one more token of each sequence."""
        model = self._model
        x_NC = model.model.embed_tokens(tokens_N)
        turn = turning(self._positions_N, model.frequencies_D)
        masks: dict[int, tuple[int, torch.Tensor | None]] = {}
        for layer, cache in zip(model.model.layers, self._caches, strict=True):
            attention: Attention = layer.self_attn  # type: ignore[assignment]
            q_NHD, k_NKD, v_NKD = attention.project(layer.input_layernorm(x_NC), turn)  # type: ignore[operator]
            cache.extend(self._positions_N, k_NKD, v_NKD)
            slots = cache.k_NKSD.shape[2]
            if slots not in masks:
                masks[slots] = written(self._positions_N, slots)
            used, mask = masks[slots]
            k_NKSD, v_NKSD = cache.k_NKSD[:, :, :used], cache.v_NKSD[:, :, :used]
            out_NHD = sdpa(q_NHD[:, :, None], k_NKSD, v_NKSD, attn_mask=mask, enable_gqa=True)[:, :, 0]
            x_NC = x_NC + attention.o_proj(out_NHD.flatten(-2))
            x_NC = x_NC + layer.mlp(layer.post_attention_layernorm(x_NC))  # type: ignore[operator]
        self.state_NC = model.model.norm(x_NC)
        self._positions_N = self._positions_N + 1


def continuations_row(prompt: Sequence[int], continuations: Sequence[Sampled]) -> Packed:
    """Return the prompt with each of its continuations as documents of a row whose weights select the sampled tokens."""
    return pack(
        [
            Document(tokens=(*prompt, *c.tokens), weights=(0.0,) * len(prompt) + (1.0,) * len(c.tokens))
            for c in continuations
        ]
    )
