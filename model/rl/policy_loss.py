"""The clipped policy-gradient loss of CWM's GRPO variant: clip 0.2 below and 0.25 above, no KL, a constant normaliser."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """How far the probability ratio may move below and above 1; the log-ratio is bounded before `exp`."""

    low: float = 0.2
    high: float = 0.25
    log_bound: float = 20.0


def policy_loss(
    new_T: torch.Tensor, old_T: torch.Tensor, advantage: float, *, normaliser: float, clip: Clip
) -> torch.Tensor:
    """Return the loss of one answer's T tokens from their log-probabilities under the learner and the sampler."""
    ratio_T = (new_T - old_T).clamp(-clip.log_bound, clip.log_bound).exp()
    clipped_T = ratio_T.clamp(1 - clip.low, 1 + clip.high)
    return -torch.minimum(ratio_T * advantage, clipped_T * advantage).sum() / normaliser
