"""Mixture: the share of each source in a phase's rows, and the rows: a pure function of seed and row number."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from model.packed import Document, Packed, pack
from model.packing import pack_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """The share of each source in a phase's tokens; shares need not add up to 1."""

    code: float = 0.0
    traces: float = 0.0
    episodes: float = 0.0
    outputs: float = 0.0
    accounts: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.code, self.traces, self.episodes, self.outputs, self.accounts)
        if min(shares) < 0 or sum(shares) <= 0:
            raise ValueError(f"shares {shares!r} must be at least 0, and one of them above it")


class MixedRows:
    """Gives row `n` of a mixture; the sources take turns so that each has its share of the rows."""

    def __init__(
        self, mixture: Mixture, sources: Mapping[str, Sequence[Document]], *, row_tokens: int, seed: int
    ) -> None:
        self._sources = sources
        self._row_tokens = row_tokens
        self._seed = seed
        self._shares = {name: getattr(mixture, name) for name in Mixture.__slots__ if getattr(mixture, name) > 0}
        missing = [name for name in self._shares if not sources.get(name)]
        if missing:
            raise ValueError(f"the mixture takes {missing[0]!r}, of which there are no documents")
        self._epochs: dict[tuple[str, int], list[list[int]]] = {}

    def rows(self, first: int) -> Iterator[tuple[str, Packed]]:
        """Yield source name and row from row number `first` on, without end."""
        taken = dict.fromkeys(self._shares, 0)
        number = 0
        while True:
            name = min(taken, key=lambda n: ((taken[n] + 1) / self._shares[n], n))
            if number >= first:
                yield name, self._row(name, taken[name])
            taken[name] += 1
            number += 1

    def _row(self, name: str, number: int) -> Packed:
        epoch = 0
        while number >= len(self._epoch(name, epoch)):
            number -= len(self._epoch(name, epoch))
            epoch += 1
        return pack([self._sources[name][n] for n in self._epoch(name, epoch)[number]])

    def _epoch(self, name: str, epoch: int) -> list[list[int]]:
        key = (name, epoch)
        if key not in self._epochs:
            lengths = [len(document.tokens) for document in self._sources[name]]
            self._epochs[key] = pack_rows(lengths, self._row_tokens, seed=self._seed, epoch=epoch)
            if not self._epochs[key]:
                raise ValueError(f"no document of {name!r} fits a row of {self._row_tokens} tokens")
        return self._epochs[key]
