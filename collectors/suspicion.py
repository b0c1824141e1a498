"""Suspicion: how likely each line is the broken one, by which failing and passing tests run it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SPECTRUM_LINE = re.compile(r"^(?P<path>.+):(?P<line>\d+) failed=(?P<failed>\d+) passed=(?P<passed>\d+)$", re.MULTILINE)
_FRAME = re.compile(r"^(?:E\s+)?(?P<path>[\w./-]+\.py):(?P<line>\d+):(?: in |$| )", re.MULTILINE)
# A line that a failing test's traceback names is this much more likely, the innermost one most.
_IN_TRACEBACK, _INNERMOST = 1.5, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """How many failing and passing tests run each line: (path, line) -> (failed, passed)."""

    counts: Mapping[tuple[str, int], tuple[int, int]]

    @property
    def failed(self) -> int:
        """Return how many tests fail, as far as one line tells."""
        return max((failed for failed, _ in self.counts.values()), default=0)


def read_spectrum(observation: str) -> Spectrum:
    """Return the spectrum that the tool of that name showed."""
    rows = _SPECTRUM_LINE.finditer(observation)
    return Spectrum(counts={(r["path"], int(r["line"])): (int(r["failed"]), int(r["passed"])) for r in rows})


def suspicions(spectrum: Spectrum, messages: str = "") -> dict[tuple[str, int], float]:
    """Return the mean of Ochiai and DStar of each line, both at most 1, more where a traceback names the line.

    Ochiai: failed / sqrt(all failed * (failed + passed)) (Abreu et al., 2007). DStar with an exponent of 2:
    failed^2 / (passed + all failed - failed) (Wong et al., 2014), as a share of the largest.
    """
    total = spectrum.failed
    run = {place: counts for place, counts in spectrum.counts.items() if counts[0]}
    ochiai = {place: f / math.sqrt(total * (f + p)) for place, (f, p) in run.items()}
    # A line that all failing and no passing tests run would have an infinite DStar.
    dstar = {place: f * f / max(0.5, p + total - f) for place, (f, p) in run.items()}
    largest = max(dstar.values(), default=1.0)
    frames = frames_of(messages)
    return {
        place: (ochiai[place] + dstar[place] / largest) / 2 * _boost(place, frames)
        for place in sorted(run, key=lambda place: (place[0], place[1]))
    }


def frames_of(messages: str) -> list[tuple[str, int]]:
    """Return the places that tracebacks name, outermost first."""
    return [(frame["path"], int(frame["line"])) for frame in _FRAME.finditer(messages)]


def _boost(place: tuple[str, int], frames: Sequence[tuple[str, int]]) -> float:
    if place not in frames:
        return 1.0
    return _INNERMOST if place == frames[-1] else _IN_TRACEBACK
