"""Origin: where a trajectory comes from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The provenance of a trajectory: enough to make it again.

    `source_digest` is the SHA-256 over the repository's files; `split` is frozen by repository name.
    """

    repository: str
    source_digest: str
    licence: str
    image: str
    python_version: str
    collector: str
    seed: int
    split: str
