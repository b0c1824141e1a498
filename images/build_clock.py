"""BuildClock: what is left of the seconds that one repository's build may take."""

import time

from images.errors import BuildFailed


class BuildClock:
    """Starts when it is made."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds

    def bound(self, seconds: float) -> float:
        """Return the seconds, or what is left where that is less; raise `BuildFailed` of class `timeout` when nothing is."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise BuildFailed("timeout", f"the build took longer than {self._seconds:g} s (build_seconds)")
        return min(seconds, left)

    @property
    def early(self) -> bool:
        """Say whether less than a quarter of the seconds is spent."""
        return self._ends - time.monotonic() > 0.75 * self._seconds
