"""Rows of random documents for measurements, the same for both sides."""

import random
from itertools import accumulate, pairwise

import torch

from model.config import ModelConfig
from model.packed import Packed


def packed_row(length: int, documents: int, *, vocabulary: int, seed: int = 0) -> Packed:
    """Return a row of `length` tokens in documents of lognormal lengths; every token but a document's last is learnt."""
    draw = random.Random(seed)
    shares = [draw.lognormvariate(0, 0.7) for _ in range(documents)]
    cuts = [int(length * share / sum(shares)) for share in accumulate(shares)]
    bounds = (0, *cuts[:-1], length)
    generator = torch.Generator().manual_seed(seed)
    tokens_T = torch.randint(3, vocabulary, (length,), generator=generator)
    weights_T = torch.ones(length)
    weights_T[[end - 1 for end in bounds[1:]]] = 0.0
    targets_T = torch.where(weights_T > 0, tokens_T.roll(-1), 0)
    return Packed(tokens_T=tokens_T, targets_T=targets_T, weights_T=weights_T, bounds=bounds)


def allowed_pairs(packed: Packed, window: int | None) -> int:
    """Return how many pairs of a query and a key the mask keeps."""
    total = 0
    for start, end in pairwise(packed.bounds):
        length, reach = end - start, window or end - start
        whole = min(length, reach)
        total += whole * (whole + 1) // 2 + (length - whole) * reach
    return total


def useful_flops(config: ModelConfig, packed: Packed) -> int:
    """Return the operations of a training step: 6 a parameter in matrices and token, and attention over allowed pairs alone.

    The embedding is a look-up and counts nothing; two matrix products a pair forward, twice that backward.
    """
    heads, kv = config.heads * config.head_dim, config.kv_heads * config.head_dim
    layer = config.hidden * (2 * heads + 2 * kv + 3 * config.ffn)
    matrices = config.layers * layer + config.hidden * config.vocabulary
    pairs = sum(
        allowed_pairs(packed, None if kind == "full_attention" else config.window) for kind in config.layer_types
    )
    return 6 * matrices * len(packed.tokens_T) + 12 * heads * pairs
