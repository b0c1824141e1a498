"""The rows of a phase: a pure function of seed and row number, whatever was run before."""

from collections.abc import Iterator, Mapping, Sequence

from model.packed import Document, Packed, pack
from model.packing import pack_rows
from model.phase import Mixture, Phase


class PhaseRows:
    """Gives row `n` of a phase; the sources take turns so that each has its share of the rows."""

    def __init__(self, phase: Phase, sources: Mapping[str, Sequence[Document]], *, seed: int) -> None:
        self._phase = phase
        self._sources = sources
        self._seed = seed
        self._shares = {n: getattr(phase.mixture, n) for n in Mixture.__slots__ if getattr(phase.mixture, n) > 0}
        missing = [name for name in self._shares if not sources.get(name)]
        if missing:
            raise ValueError(f"phase {phase.name!r} takes {missing[0]!r}, of which there are no documents")
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
            self._epochs[key] = pack_rows(lengths, self._phase.row_tokens, seed=self._seed, epoch=epoch)
            if not self._epochs[key]:
                raise ValueError(f"no document of {name!r} fits a row of {self._phase.row_tokens} tokens")
        return self._epochs[key]
