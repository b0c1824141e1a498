"""FreeSpace: what share of this machine's disk stays free when a container has written all that it may."""

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from images.errors import NoSpace

KEEP_FREE, LEAST_FREE = 0.2, 0.05
# Disks that this process has warned of: once is enough.
_warned: set[Path] = set()


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeSpace:
    """A container after which `keep_free` of the disk stays free starts; one after which `least_free` does, with a warning.

    Every container has a bound, so that what it can take is known before it starts. With both shares equal, nothing
    starts that could go below.
    """

    keep_free: float = KEEP_FREE
    least_free: float = LEAST_FREE

    def __post_init__(self) -> None:
        if not 0 <= self.least_free <= self.keep_free < 1:
            raise ValueError(
                f"least_free is {self.least_free!r} and keep_free {self.keep_free!r}: they are shares of the disk from 0 "
                "up to 1, the first not above the second"
            )

    def check(self, place: Path, bound: int) -> None:
        """Raise `NoSpace` when less than `least_free` would stay of the disk of `place`; warn once below `keep_free`."""
        space = shutil.disk_usage(place)
        share = (space.free - bound) / space.total
        if share >= self.keep_free:
            return
        found = f"the disk of {str(place)!r} has {space.free >> 20} MiB free of {space.total >> 20}"
        if share < self.least_free:
            raise NoSpace(
                f"{found}: a container may write {bound >> 20} MiB, and {self.least_free:.0%} must stay free; free some, "
                "as `worldline images prune` does, or lower least_free in the recipe's [containers]"
            )
        if place not in _warned:
            _warned.add(place)
            said = f"less than {self.keep_free:.0%} stays free when a container writes all that it may"
            logging.getLogger("worldline").warning("%s: %s; it starts still", found, said)
