"""ImageRecord: what is known of one repository's image, a failed build included."""

from dataclasses import dataclass

from images.health import TestOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """One row of the catalogue.

    `status` is `executable` or `failed`, then with the `reason` class and sentence; `source_digest` is the SHA-256 over
    the repository's files; `added_bytes` is what the image adds to its base.
    """

    repository: str
    spec: str
    status: str
    reason: str
    image: str = ""
    image_id: str = ""
    base: str = ""
    source_digest: str = ""
    licence: str = "unknown"
    python_version: str = ""
    install_commands: tuple[str, ...] = ()
    test_command: tuple[str, ...] = ()
    source_files: tuple[str, ...] = ()
    test_files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    tests: tuple[TestOutcome, ...] = ()
    added_bytes: int = 0
    seconds: float = 0.0

    @property
    def executable(self) -> bool:
        """Say whether the image's own tests ran offline and enough of them passed."""
        return self.status == "executable"

    def passing(self) -> list[str]:
        """Return the ids of the tests that passed in every run."""
        return [test.id for test in self.tests if test.outcome == "passed"]
