"""ModelConfig: the shape of CWM's Transformer, and named shapes (facts: Meta's code and transformers' CwmConfig)."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

GLOBAL, LOCAL = "full_attention", "sliding_attention"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A dense decoder-only Transformer with grouped-query attention and local and global layers in turn.

    `layer_types` is read, never recomputed; `window` counts the token itself. `rope_scaling` switches on llama3's
    frequency scaling (mid-training and later). `init_*` concern drawn weights alone: the deviation of the matrices and of
    the embedding, a factor for the matrices that write into the residual stream, and whether the head starts as the
    embedding at the deviation of the matrices.
    """

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    window: int = 8192
    layer_types: tuple[str, ...] = ()
    rope_theta: float = 1e6
    rope_scaling: bool = False
    rope_factor: float = 16.0
    rope_original: int = 8192
    norm_eps: float = 1e-5
    init_std: float = 0.02
    init_embedding_std: float = 0.02
    init_branch_scale: float = 1.0
    init_head_as_embedding: bool = False

    def __post_init__(self) -> None:
        if self.heads % self.kv_heads:
            raise ValueError(f"heads {self.heads!r} must be a multiple of kv_heads {self.kv_heads!r}")
        if self.window < 1:
            raise ValueError(f"window is {self.window!r}: it must be at least 1")
        if not self.layer_types:
            every_fourth = tuple(GLOBAL if i % 4 == 0 else LOCAL for i in range(self.layers))
            object.__setattr__(self, "layer_types", every_fourth)
        if len(self.layer_types) != self.layers or set(self.layer_types) - {GLOBAL, LOCAL}:
            raise ValueError(
                f"layer_types {self.layer_types!r} must name {GLOBAL!r} or {LOCAL!r} for {self.layers} layers"
            )


def named_config(name: str, *, vocabulary: int) -> ModelConfig:
    """Return a shape of `named_shapes.toml`, from `debug` (1 M parameters) to `cwm-32b`, with this vocabulary."""
    shapes: dict[str, dict[str, Any]] = tomllib.loads((files("model") / "named_shapes.toml").read_text())
    if name not in shapes:
        raise ValueError(f"there is no model named {name!r}: there are {', '.join(shapes)}")
    return ModelConfig(vocabulary=vocabulary, **shapes[name])
