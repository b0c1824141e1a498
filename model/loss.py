"""Cross-entropy of the learnt tokens of a row in chunks, so that a [T, vocabulary] tensor is never held whole."""

from typing import Any

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
    learnt_T = packed.weights_T > 0
    weights_L = packed.weights_T[learnt_T]
    x_LC = model(packed)[learnt_T]
    return _WeightedLoss.apply(x_LC, model.lm_head.weight, packed.targets_T[learnt_T], weights_L), weights_L.sum()


class _WeightedLoss(torch.autograd.Function):
    """The weighted sum of losses, whose gradients are made beside it, chunk by chunk: logits are computed once."""

    @staticmethod
    def forward(
        context: Any, x_LC: torch.Tensor, head_VC: torch.Tensor, targets_L: torch.Tensor, weights_L: torch.Tensor
    ) -> torch.Tensor:
        """Return the sum; the gradients are kept where any is asked for."""
        asked = any(context.needs_input_grad[:2])
        total = x_LC.new_zeros((), dtype=torch.float32)
        x_gradient_LC, head_gradient_VC = torch.empty_like(x_LC), torch.zeros_like(head_VC, dtype=torch.float32)
        for start in range(0, len(x_LC), _CHUNK):
            part = slice(start, start + _CHUNK)
            x_SC, weights_S = x_LC[part], weights_L[part, None]
            logprobs_SV = (x_SC @ head_VC.T).float().log_softmax(-1)
            total -= (logprobs_SV.gather(1, targets_L[part, None]) * weights_S).sum()
            if asked:
                gradient_SV = logprobs_SV.exp_()
                gradient_SV.scatter_add_(1, targets_L[part, None], torch.full_like(weights_S, -1.0))
                gradient_SV = gradient_SV.to(x_SC.dtype)
                x_gradient_LC[part] = (gradient_SV @ head_VC) * weights_S
                head_gradient_VC += gradient_SV.T @ (x_SC * weights_S).to(x_SC.dtype)
        context.save_for_backward(x_gradient_LC, head_gradient_VC)
        return total

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None, None]:
        """Scale the kept gradients."""
        x_gradient_LC, head_gradient_VC = context.saved_tensors
        return x_gradient_LC * gradients[0], (head_gradient_VC * gradients[0]).to(x_gradient_LC.dtype), None, None


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
