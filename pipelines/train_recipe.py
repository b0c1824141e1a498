"""TrainRecipe: one phase of training on what a collection run holds; phases are chained by name."""

from dataclasses import dataclass, field

from model.phase import Optimisation, Phase
from model.rl.learner import RlSettings
from model.row_lesson import RowSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a first phase starts with: drawn weights of a named shape, and a tokenizer trained on what was collected."""

    model: str = "debug"
    merges: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRecipe:
    """One phase on the collection run in `run_folder`; checkpoints go to its `checkpoints/NAME`.

    It has a `start`, or it continues the phase of another recipe: its model, tokenizer and optimizer state. It learns from
    `rows` of documents or, with `rl`, from executed rewards. `evaluated_*` bound the evaluation at its end.
    """

    name: str
    run_folder: str
    steps: int
    start: Start | None = None
    continues: str = ""
    rows: RowSettings | None = None
    rl: RlSettings | None = None
    rope_scaling: bool = False
    seed: int = 0
    save_every: int = 100
    evaluated_traces: int = 100
    evaluated_tokens: int = 1024
    threads: int = 2
    optimisation: Optimisation = field(default_factory=Optimisation)

    def __post_init__(self) -> None:
        if (self.start is None) == (not self.continues):
            raise ValueError("a training recipe has either a [start] or the name of the one that it continues")
        if (self.rows is None) == (self.rl is None):
            raise ValueError("a training recipe has either [rows] or [rl]")
        self.phase()

    def phase(self) -> Phase:
        """Return what the trainer is given."""
        return Phase(
            name=self.name,
            steps=self.steps,
            rope_scaling=self.rope_scaling,
            seed=self.seed,
            save_every=self.save_every,
            optimisation=self.optimisation,
        )
