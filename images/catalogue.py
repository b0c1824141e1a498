"""ImageRecord: what is known of one repository's image, a failed build included."""

from dataclasses import dataclass

from images.health import TestOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One recipe that was tried: how it ended (empty when its image is executable), its seconds, and all that it said."""

    recipe: str
    reason: str
    seconds: float
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRecord:
    """One row of the catalogue.

    `status` is `executable` or `failed`, then with the `reason` class and sentence; `source_digest` is the SHA-256 over
    the repository's files. `added_bytes` is what the image adds to the layers that it shares, `shared_bytes` what these
    add to the base. `restore_command` brings a used tree back, `evaluation_script` runs the tests, `dockerfile` makes the
    image again. `tests` have the share of runs that each passed.
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
    worldline_version: str = ""
    as_of: str = ""
    recipe: str = ""
    recipe_digest: str = ""
    system_packages: tuple[str, ...] = ()
    install_commands: tuple[str, ...] = ()
    test_command: tuple[str, ...] = ()
    restore_command: tuple[str, ...] = ()
    evaluation_script: str = ""
    dockerfile: str = ""
    source_files: tuple[str, ...] = ()
    test_files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    tests: tuple[TestOutcome, ...] = ()
    collection_errors: int = 0
    attempts: tuple[Attempt, ...] = ()
    added_bytes: int = 0
    shared_bytes: int = 0
    fetched_bytes: int = 0
    seconds: float = 0.0

    @property
    def executable(self) -> bool:
        """Say whether the image's own tests ran offline and enough of them passed."""
        return self.status == "executable"

    def passing(self) -> list[str]:
        """Return the ids of the tests that passed in every run."""
        return [test.id for test in self.tests if test.outcome == "passed"]
