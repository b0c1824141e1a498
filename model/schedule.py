"""The learning rate: linear warm-up, then one cosine over the steps of all phases."""

import math

from model.phase import Optimisation


def learning_rate(step: int, steps: int, settings: Optimisation) -> float:
    """Return the rate of a step, counted from 0; the last step has `final_share` of the peak."""
    if step < settings.warmup_steps:
        return settings.peak * (step + 1) / settings.warmup_steps
    done = (step - settings.warmup_steps) / max(1, steps - 1 - settings.warmup_steps)
    low = settings.peak * settings.final_share
    return low + (settings.peak - low) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
