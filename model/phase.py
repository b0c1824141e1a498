"""Phase: a stage of training, as a value given to the one trainer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """The share of each source in a phase's tokens; shares need not add up to 1."""

    code: float = 0.0
    traces: float = 0.0
    episodes: float = 0.0
    outputs: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.code, self.traces, self.episodes, self.outputs)
        if min(shares) < 0 or sum(shares) <= 0:
            raise ValueError(f"shares {shares!r} must be at least 0, and one of them above it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Steps of `rows` packed rows of `row_tokens` tokens, drawn from a mixture of sources."""

    name: str
    steps: int
    row_tokens: int
    mixture: Mixture
    rows: int = 1
    rope_scaling: bool = False

    def __post_init__(self) -> None:
        for name in ("steps", "row_tokens", "rows"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimisation:
    """AdamW and one cosine over all phases (CWM's values but for the peak and the warm-up, which small models need)."""

    peak: float = 2e-3
    final_share: float = 0.01
    warmup_steps: int = 20
    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip: float = 1.0
