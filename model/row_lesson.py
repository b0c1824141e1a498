"""RowLesson: next-token prediction on packed rows of a mixture, for pre-training, mid-training and fine-tuning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.lesson import Taught
from model.loss import weighted_loss
from model.mixture import MixedRows, Mixture
from model.packed import Document, Packed
from model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """Steps of `per_step` packed rows of `tokens` tokens, drawn from a mixture of sources."""

    mixture: Mixture
    tokens: int
    per_step: int = 1

    def __post_init__(self) -> None:
        for name in ("tokens", "per_step"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be at least 1")


class RowLesson:
    """Teaches the documents of each source; the values are the loss in nats per learnt token, in all and by source."""

    def __init__(self, settings: RowSettings, sources: Mapping[str, Sequence[Document]], *, seed: int) -> None:
        self._settings = settings
        self._mixed = MixedRows(settings.mixture, sources, row_tokens=settings.tokens, seed=seed)
        self._next = -1
        self._rows: Iterator[tuple[str, Packed]] = iter(())

    def teach(self, model: Transformer, step: int) -> Taught:
        """See `Lesson.teach`."""
        if step != self._next:
            self._rows = self._mixed.rows(step * self._settings.per_step)
        self._next = step + 1
        batch = [next(self._rows) for _ in range(self._settings.per_step)]
        weight = sum(float(packed.weights_T.sum()) for _, packed in batch)
        sums: dict[str, list[float]] = {}
        for name, packed in batch:
            loss, learnt = weighted_loss(model, packed)
            (loss / weight).backward()
            for at, value in enumerate((float(loss.detach()), float(learnt))):
                sums.setdefault(name, [0.0, 0.0])[at] += value
        by_source = {name: loss / max(1.0, learnt) for name, (loss, learnt) in sums.items()}
        return Taught(
            tokens=sum(len(packed.tokens_T) for _, packed in batch),
            values={"loss": sum(loss for loss, _ in sums.values()) / weight, **by_source},
        )
