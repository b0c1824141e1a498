"""BuildSettings: how images are built."""

from dataclasses import dataclass

from images.as_of import check_as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSettings:
    """Preferred Python and base image, share of tests that must pass every time, bounds of each stage in seconds.

    `as_of` leaves out every package file that was uploaded later: a date, a moment, or `source` (see `images.as_of`).
    `attempts` bounds the recipes that are tried, `one_test_seconds` is what a single test may take before it fails,
    `build_seconds` what one repository may take in all.
    """

    python: str = "3.11"
    base_image: str = "python:{python}-slim"
    pass_share: float = 0.8
    test_runs: int = 3
    attempts: int = 4
    as_of: str = ""
    install_seconds: float = 600
    test_seconds: float = 600
    one_test_seconds: float = 60
    build_seconds: float = 2400

    def __post_init__(self) -> None:
        if not 0 < self.pass_share <= 1:
            raise ValueError(f"pass_share is {self.pass_share!r}: it must lie above 0 and at most at 1")
        if self.test_runs < 1 or self.attempts < 1:
            raise ValueError(f"test_runs is {self.test_runs!r} and attempts {self.attempts!r}: both must be at least 1")
        for name in ("install_seconds", "test_seconds", "one_test_seconds", "build_seconds"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be above 0")
        check_as_of(self.as_of)
