"""RepositoryEntry: one repository of a recipe or of a list: what it is, and how it is to be built and used."""

import re
from dataclasses import dataclass

from images.as_of import check_as_of

_PYTHON = re.compile(r"3\.\d{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryEntry:
    """One repository of a run: a spec, or `releases` of which a local git repository is made first; and its split.

    `python` and `as_of` stand, where they are given, for those of the recipe.
    """

    spec: str = ""
    releases: tuple[str, ...] = ()
    split: str = "train"
    python: str = ""
    as_of: str = ""

    def __post_init__(self) -> None:
        if bool(self.spec) == bool(self.releases):
            raise ValueError("a repository has either a spec or releases")
        if self.split not in ("train", "test"):
            raise ValueError(f"split is {self.split!r}: it must be 'train' or 'test'")
        if self.python and not _PYTHON.fullmatch(self.python):
            raise ValueError(f"python is {self.python!r}: write a version as 3.11")
        check_as_of(self.as_of)
