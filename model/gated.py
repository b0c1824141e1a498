"""SwiGLU's gate, which keeps only its input for the backward pass: silu is cheaper to compute again than to hold."""

from typing import Any

import torch
from torch.nn.functional import silu


def gated(both_TF: torch.Tensor) -> torch.Tensor:
    """Return silu(first half) * second half of the last dimension."""
    result: torch.Tensor = _Gated.apply(both_TF)
    return result


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, both_TF: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(both_TF)
        gate_TF, up_TF = both_TF.chunk(2, -1)
        return silu(gate_TF).mul_(up_TF)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (both_TF,) = context.saved_tensors
        gate_TF, up_TF = both_TF.chunk(2, -1)
        made_TF = torch.empty_like(both_TF)
        made_gate_TF, made_up_TF = made_TF.chunk(2, -1)
        torch.mul(gradients[0], silu(gate_TF), out=made_up_TF)
        torch.ops.aten.silu_backward.grad_input(gradients[0] * up_TF, gate_TF, grad_input=made_gate_TF)
        return made_TF
