"""Rotary position embedding in the half-rotation convention of transformers, with llama3's frequency scaling."""

import math

import torch

from model.config import ModelConfig

Turn = tuple[torch.Tensor, torch.Tensor]


def frequencies(config: ModelConfig) -> torch.Tensor:
    """Return the head_dim / 2 angular frequencies; with scaling, wavelengths over the original length are stretched.

    By wavelength: under `original / 4` unchanged, over `original` divided by the factor, between them blended
    (Llama 3.1's rule with low 1 and high 4).
    """
    half = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
    plain = 1.0 / config.rope_theta**half
    if not config.rope_scaling:
        return plain
    low, high = 1.0, 4.0
    wavelength = 2 * math.pi / plain
    smooth = ((config.rope_original / wavelength - low) / (high - low)).clamp(0, 1)
    return (1 - smooth) * plain / config.rope_factor + smooth * plain


def turning(positions_T: torch.Tensor, frequencies_D: torch.Tensor) -> Turn:
    """Return cosine and sine of each position's angles, for all heads and layers; computed in fp32."""
    angles_TD = positions_T[:, None].float() * frequencies_D[None, :]
    return angles_TD.cos()[:, None, :], angles_TD.sin()[:, None, :]


def rotate(x_THD: torch.Tensor, turn: Turn) -> torch.Tensor:
    """Return the heads rotated by position; computed in fp32."""
    cos, sin = turn
    first, second = x_THD.float().chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1).to(x_THD.dtype)
