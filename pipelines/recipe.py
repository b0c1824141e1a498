"""Recipe: the TOML file that describes one run, read into checked dataclasses."""

import dataclasses
import difflib
import json
import re
import tomllib
import types
import typing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from collectors.accounts.account_settings import AccountSettings
from collectors.forager import EpisodeLimits
from collectors.function_calls import CallSettings
from collectors.mutate_fix import MutateFixSettings
from collectors.program_tracing import ProgramSettings
from collectors.repository_traces import CutSettings
from collectors.tracing import TraceLimits
from images.build import BuildSettings
from images.container_choice import ContainerSettings
from pipelines.errors import RecipeError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryEntry:
    """One repository of a run: a spec, or `releases` of which a local git repository is made first; and its split."""

    spec: str = ""
    releases: tuple[str, ...] = ()
    split: str = "train"

    def __post_init__(self) -> None:
        if bool(self.spec) == bool(self.releases):
            raise ValueError("a repository has either a spec or releases")
        if self.split not in ("train", "test"):
            raise ValueError(f"split is {self.split!r}: it must be 'train' or 'test'")


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
    images: BuildSettings = field(default_factory=BuildSettings)
    containers: ContainerSettings = field(default_factory=ContainerSettings)
    traces: TraceLimits = field(default_factory=TraceLimits)
    cuts: CutSettings = field(default_factory=CutSettings)
    calls: CallSettings = field(default_factory=CallSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    program_traces: ProgramSettings = field(default_factory=ProgramSettings)
    tasks: MutateFixSettings = field(default_factory=MutateFixSettings)
    episodes: EpisodeLimits = field(default_factory=EpisodeLimits)

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
    """Return the recipe in the file; raise `RecipeError` for what cannot be read, unknown keys and wrong values."""
    try:
        table = tomllib.loads(path.read_text())
    except OSError as error:
        raise RecipeError(f"recipe {str(path)!r} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {str(path)!r} is not TOML: {error}") from error
    try:
        return from_table(kind, table, where="")
    except RecipeError as error:
        raise RecipeError(f"recipe {str(path)!r}: {error}") from error


def from_table(kind: type[T], table: dict[str, Any], *, where: str) -> T:
    """Return the dataclass that the table describes; an unknown key is an error that names the nearest known one."""
    hints = typing.get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1, 0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
            raise RecipeError(f"unknown key {where + key!r}: {hint}")
    values = {key: _value(hints[key], value, where=f"{where}{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        required = [f.name for f in dataclasses.fields(kind) if _needed(f) and f.name not in table]  # type: ignore[arg-type]
        raise RecipeError(f"key {where + required[0]!r} is missing") if required else error from error
    except ValueError as error:
        raise RecipeError(f"{where or 'recipe'}: {error}" if where else str(error)) from error


def _needed(entry: "dataclasses.Field[Any]") -> bool:
    return entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING


def _value(hint: Any, value: Any, *, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        # None comes from a resolved recipe alone: TOML has none.
        if value is None and type(None) in typing.get_args(hint):
            return None
        return _value(next(a for a in typing.get_args(hint) if a is not type(None)), value, where=where)
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return from_table(hint, value, where=f"{where}.")  # type: ignore[arg-type]
    if origin is tuple and isinstance(value, list):
        inner = typing.get_args(hint)[0]
        return tuple(_value(inner, item, where=f"{where}[{number}]") for number, item in enumerate(value))
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    wanted = getattr(hint, "__name__", str(hint))
    raise RecipeError(f"key {where!r} is {value!r}: expected {wanted}")
