"""ModelConfig: the shape of CWM's Transformer, and named shapes (facts: Meta's code and transformers' CwmConfig)."""

from dataclasses import dataclass
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
    """Return a named shape: `debug` (about 1 M parameters beside the embeddings), `demo` (1.6 M), `small` (8 M), `cwm-32b`."""
    # `demo` starts with matrices near 1 / sqrt(width), so that attention is not flat, and with a residual stream that is the
    # token's embedding, which the head reads: what copying needs is there from the first step (measured: docs/log.md).
    # CWM's own 0.02 stays for its shape.
    shapes: dict[str, dict[str, Any]] = {
        "demo": {
            "hidden": 192,
            "layers": 4,
            "heads": 6,
            "kv_heads": 3,
            "head_dim": 32,
            "ffn": 512,
            "window": 512,
            "init_std": 0.07,
            "init_embedding_std": 1.0,
            "init_branch_scale": 0.1,
            "init_head_as_embedding": True,
        },
        "debug": {
            "hidden": 128,
            "layers": 4,
            "heads": 4,
            "kv_heads": 2,
            "head_dim": 32,
            "ffn": 384,
            "window": 512,
            "init_std": 0.08,
            "init_embedding_std": 0.08,
        },
        "small": {
            "hidden": 256,
            "layers": 8,
            "heads": 4,
            "kv_heads": 2,
            "head_dim": 64,
            "ffn": 768,
            "window": 1024,
            "init_std": 0.06,
            "init_embedding_std": 0.06,
        },
        "cwm-32b": {"hidden": 6144, "layers": 64, "heads": 48, "kv_heads": 8, "head_dim": 128, "ffn": 21504},
    }
    if name not in shapes:
        raise ValueError(f"there is no model named {name!r}: there are {', '.join(shapes)}")
    return ModelConfig(vocabulary=vocabulary, **shapes[name])
