"""Whether what stands in one document of a row changes the logits of another."""

import random

import torch

from benchmarks.model.rows_of_documents import packed_row
from model.config import ModelConfig
from model.packed import Packed
from model.transformer import Transformer


def leaked(shapes: int) -> float:
    """Return the largest change that replacing one document's tokens made elsewhere, over random shapes and rows."""
    worst = 0.0
    for seed in range(shapes):
        draw = random.Random(seed)
        config = ModelConfig(
            vocabulary=97, hidden=64, layers=5, heads=4, kv_heads=2, head_dim=16, ffn=96,
            window=draw.choice((1, 7, 64, 500)), rope_scaling=draw.random() < 0.5, init_std=0.2,
        )  # fmt: skip
        model = Transformer(config)
        model.initialise(seed)
        packed = packed_row(700, draw.randint(2, 9), vocabulary=97, seed=seed)
        number = draw.randrange(len(packed.bounds) - 1)
        start, end = packed.bounds[number : number + 2]
        tokens_T = packed.tokens_T.clone()
        tokens_T[start:end] = (tokens_T[start:end] + 1) % 97
        other = Packed(tokens_T=tokens_T, targets_T=packed.targets_T, weights_T=packed.weights_T, bounds=packed.bounds)
        with torch.no_grad():
            change_TV = ((model(packed) - model(other)) @ model.lm_head.weight.T).abs()
        assert change_TV[start:end].max() > 0
        worst = max(worst, float(change_TV[:start].sum() + change_TV[end:].sum()))
    return worst
