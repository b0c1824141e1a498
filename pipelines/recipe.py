"""Recipe: the TOML file that describes one run, read into checked dataclasses."""

import json
import re
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from collectors.accounts.account_settings import AccountSettings
from collectors.episode_settings import EpisodeSettings
from collectors.function_calls import CallSettings
from collectors.gates.check import GateSettings
from collectors.issue_fix.settings import IssueFixSettings
from collectors.mutate_fix import MutateFixSettings
from collectors.program_tracing import ProgramSettings
from collectors.repository_traces import CutSettings
from collectors.task_traces import TaskTraceSettings
from collectors.tracing import TraceLimits
from images.build_settings import BuildSettings
from images.container_choice import ContainerSettings
from images.repository_entry import RepositoryEntry
from images.source_settings import SourceSettings
from pipelines.errors import RecipeError
from pipelines.recipe_table import from_table
from pipelines.repository_list import read_repository_list
from trajectories.near_duplicates import NearDuplicateSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramsEntry:
    """One file of programs with tests: its name in the datasets, its licence, and its split."""

    file: str
    name: str
    licence: str = ""
    split: str = "train"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise ValueError(
                f"name is {self.name!r}: it must be lower-case letters and digits, with single `-` between"
            )
        if self.split not in ("train", "test"):
            raise ValueError(f"split is {self.split!r}: it must be 'train' or 'test'")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRecipe:
    """One collection run."""

    name: str
    run_folder: str
    repositories: tuple[RepositoryEntry, ...] = ()
    programs: tuple[ProgramsEntry, ...] = ()
    seed: int = 0
    workers: int = 2
    sources: SourceSettings = field(default_factory=SourceSettings)
    images: BuildSettings = field(default_factory=BuildSettings)
    containers: ContainerSettings = field(default_factory=ContainerSettings)
    traces: TraceLimits = field(default_factory=TraceLimits)
    cuts: CutSettings = field(default_factory=CutSettings)
    calls: CallSettings = field(default_factory=CallSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    program_traces: ProgramSettings = field(default_factory=ProgramSettings)
    tasks: MutateFixSettings = field(default_factory=MutateFixSettings)
    gates: GateSettings = field(default_factory=GateSettings)
    issue_fix: IssueFixSettings = field(default_factory=IssueFixSettings)
    task_traces: TaskTraceSettings = field(default_factory=TaskTraceSettings)
    episodes: EpisodeSettings = field(default_factory=EpisodeSettings)
    near_duplicates: NearDuplicateSettings = field(default_factory=NearDuplicateSettings)

    def __post_init__(self) -> None:
        if not self.repositories and not self.programs:
            raise ValueError("a recipe needs at least one [[repositories]] or [[programs]]")
        names = [entry.name for entry in self.programs]
        if len(set(names)) < len(names):
            raise ValueError(f"[[programs]] have the names {', '.join(names)}: each must have its own")
        if self.workers < 1:
            raise ValueError(f"workers is {self.workers!r}: it must be at least 1")

    def resolved(self) -> str:
        """Return the whole recipe, defaults included, as JSON."""
        return json.dumps(asdict(self), indent=2, sort_keys=True)


def read_recipe(path: Path, kind: type[T]) -> T:
    """Return the recipe in the file, whose `repositories` may be the path of a list.

    Raises `RecipeError` for what cannot be read, unknown keys and wrong values.
    """
    try:
        table = tomllib.loads(path.read_text())
    except OSError as error:
        raise RecipeError(f"recipe {str(path)!r} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {str(path)!r} is not TOML: {error}") from error
    try:
        if isinstance(table.get("repositories"), str):
            table["repositories"] = list(read_repository_list(Path(table["repositories"])))
        return from_table(kind, table, where="")
    except RecipeError as error:
        raise RecipeError(f"recipe {str(path)!r}: {error}") from error
