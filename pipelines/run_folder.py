"""RunFolder: where a run keeps its datasets, and the recipe that the folder belongs to."""

import importlib.metadata
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipelines.errors import UserError
from pipelines.recipe import CollectRecipe
from pipelines.recipe_table import from_table
from trajectories.shard import naming_full_disks


def locate(run_folder: str) -> Path:
    """Return the absolute folder of a run.

    A relative one lies below WORLDLINE_HOME where that is set, else below the current folder; a job that Ray runs from
    an uploaded copy of the project writes beside the installed project, not into Ray's temporary copy.
    """
    path = Path(run_folder).expanduser()
    if path.is_absolute():
        return path
    home = os.environ.get("WORLDLINE_HOME")
    if home:
        return Path(home) / path
    uploaded = "working_dir_files" in Path.cwd().parts
    return (_project_folder() or Path.home() / ".worldline" if uploaded else Path.cwd()) / path


def _project_folder() -> Path | None:
    try:
        direct = importlib.metadata.distribution("worldline").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return None
    folder = Path(unquote(urlsplit(json.loads(direct or "{}").get("url", "")).path))
    return folder if folder.is_dir() and folder.is_absolute() and str(folder) != "/" else None


def claim(recipe: CollectRecipe) -> Path:
    """Return the run's folder, made if need be; raise `UserError` when it belongs to another recipe."""
    folder = locate(recipe.run_folder)
    resolved, kept = recipe.resolved(), folder / "recipe.json"
    if kept.exists():
        if kept.read_text() != resolved:
            raise UserError(
                f"run folder {str(folder)!r} belongs to another recipe: delete it or choose another run_folder"
            )
        return folder
    with naming_full_disks(folder):
        folder.mkdir(parents=True, exist_ok=True)
        staged = folder / f".recipe-{os.getpid()}"
        staged.write_text(resolved)
        staged.rename(kept)
        (folder / "version.json").write_text(json.dumps(versions(), indent=2))
    return folder


def recipe_of(folder: Path) -> CollectRecipe:
    """Return the recipe that the run's folder belongs to; raise `UserError` when it is no run's folder."""
    try:
        table = json.loads((folder / "recipe.json").read_text())
    except FileNotFoundError as error:
        raise UserError(f"{str(folder)!r} is no run's folder: it has no recipe.json") from error
    return from_table(CollectRecipe, table, where="")


def versions() -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    names = ("worldline", "ray", "pyarrow", "docker", "coverage", "torch")
    return {"commit": commit.stdout.strip() or "unknown"} | {name: importlib.metadata.version(name) for name in names}
