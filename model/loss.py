"""Cross-entropy of the learnt tokens of a row in chunks, so that a [T, vocabulary] tensor is never held whole."""

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
    weights_L = packed.weights_T[packed.weights_T > 0]
    return (learnt_losses(model, packed) * weights_L).sum(), weights_L.sum()


def learnt_losses(model: Transformer, packed: Packed) -> torch.Tensor:
    """Return the loss of each of the L positions with a weight; of several chunks, each is computed again in backward."""
    learnt_T = packed.weights_T > 0
    x_LC, targets_L = model(packed)[learnt_T], packed.targets_T[learnt_T]
    if len(x_LC) <= _CHUNK:
        return _chunk_losses(x_LC, model.lm_head.weight, targets_L)
    pieces = []
    for start in range(0, len(x_LC), _CHUNK):
        part, targets = x_LC[start : start + _CHUNK], targets_L[start : start + _CHUNK]
        pieces.append(checkpoint(_chunk_losses, part, model.lm_head.weight, targets, use_reentrant=False))
    return torch.cat(pieces)


def _chunk_losses(x_LC: torch.Tensor, head_VC: torch.Tensor, targets_L: torch.Tensor) -> torch.Tensor:
    return cross_entropy((x_LC @ head_VC.T).float(), targets_L, reduction="none")
