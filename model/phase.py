"""Phase: a stage of training, as a value given to the one trainer."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimisation:
    """AdamW and a cosine (CWM's values but for the peak and the warm-up, which small models need).

    The cosine spans `cosine_steps`, of which the phase starts at `cosine_start`: phases that share one name the same span.
    0 stands for a cosine over the phase's own steps.
    """

    peak: float = 2e-3
    final_share: float = 0.01
    warmup_steps: int = 20
    cosine_steps: int = 0
    cosine_start: int = 0
    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip: float = 1.0

    def __post_init__(self) -> None:
        if self.cosine_start and self.cosine_start >= self.cosine_steps:
            raise ValueError(
                f"cosine_start is {self.cosine_start!r}: it must be below cosine_steps {self.cosine_steps!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """All that determines a stage of training but its model and its lesson."""

    name: str
    steps: int
    rope_scaling: bool = False
    seed: int = 0
    save_every: int = 100
    optimisation: Optimisation = field(default_factory=Optimisation)

    def __post_init__(self) -> None:
        for name in ("steps", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")
        o = self.optimisation
        if o.cosine_steps and o.cosine_start + self.steps > o.cosine_steps:
            raise ValueError(f"{self.steps} steps from {o.cosine_start} on end behind the cosine's {o.cosine_steps}")
