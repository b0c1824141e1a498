"""Packed: one row of documents laid end to end; the only thing that the model accepts.

Shapes: T tokens of the row, N documents. Document structure is explicit and never inferred from a token or a mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One trajectory or text as token ids, with the weight of each token in the loss."""

    tokens: tuple[int, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.weights):
            raise ValueError(f"a document has {len(self.tokens)} tokens and {len(self.weights)} weights")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """`tokens_T`, `targets_T` (the next token), `weights_T` (0 where nothing is to be learnt), and N + 1 `bounds`.

    A document's last position has weight 0: what follows it belongs to another document.
    """

    tokens_T: torch.Tensor
    targets_T: torch.Tensor
    weights_T: torch.Tensor
    bounds: tuple[int, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.bounds, self.bounds[1:], strict=False))
        if not rising or self.bounds[0] != 0 or self.bounds[-1] != len(self.tokens_T):
            raise ValueError(f"bounds {self.bounds!r} must rise from 0 to {len(self.tokens_T)}")

    def to(self, device: torch.device) -> "Packed":
        """Return the row with its tensors on the device."""
        moved = {name: getattr(self, name).to(device) for name in ("tokens_T", "targets_T", "weights_T")}
        return Packed(**moved, bounds=self.bounds)

    def positions_T(self) -> torch.Tensor:
        """Return each token's position in its own document."""
        spans = zip(self.bounds, self.bounds[1:], strict=False)
        return torch.cat([torch.arange(b - a) for a, b in spans]).to(self.tokens_T.device)


def pack(documents: Sequence[Document]) -> Packed:
    """Return the documents as one row."""
    tokens: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    bounds = [0]
    for document in documents:
        tokens += document.tokens
        targets += (*document.tokens[1:], 0)
        weights += (*document.weights[1:], 0.0)
        bounds.append(len(tokens))
    return Packed(
        tokens_T=torch.tensor(tokens),
        targets_T=torch.tensor(targets),
        weights_T=torch.tensor(weights),
        bounds=tuple(bounds),
    )
