"""The learning rate: linear warm-up, then one cosine, which several phases may share."""

import math

from model.phase import Phase


def learning_rate(phase: Phase, step: int) -> float:
    """Return the rate of a phase's step, counted from 0; the cosine's last step has `final_share` of the peak."""
    settings = phase.optimisation
    at, steps = settings.cosine_start + step, settings.cosine_steps or phase.steps
    if at < settings.warmup_steps:
        return settings.peak * (at + 1) / settings.warmup_steps
    done = (at - settings.warmup_steps) / max(1, steps - 1 - settings.warmup_steps)
    low = settings.peak * settings.final_share
    return low + (settings.peak - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
