"""Cross-entropy over a row in chunks, so that a [T, vocabulary] tensor is never held whole."""

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from model.packed import Packed
from model.transformer import Transformer

_CHUNK = 1024


def weighted_loss(model: Transformer, packed: Packed) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weighted sum of the token losses (in nats) and the sum of the weights.

    The caller divides by the weights of the whole step, over all rows and workers: never a mean of means.
    """
    losses_T = token_losses(model, packed)
    return (losses_T * packed.weights_T).sum(), packed.weights_T.sum()


def token_losses(model: Transformer, packed: Packed) -> torch.Tensor:
    """Return each position's loss [T]; chunks are computed again in the backward pass instead of being kept."""
    x_TC = model(packed)
    pieces = []
    for start in range(0, len(x_TC), _CHUNK):
        part, targets = x_TC[start : start + _CHUNK], packed.targets_T[start : start + _CHUNK]
        pieces.append(checkpoint(_chunk_losses, part, model.lm_head.weight, targets, use_reentrant=False))
    return torch.cat(pieces)


def _chunk_losses(x_TC: torch.Tensor, head_VC: torch.Tensor, targets_T: torch.Tensor) -> torch.Tensor:
    return cross_entropy((x_TC @ head_VC.T).float(), targets_T, reduction="none")
