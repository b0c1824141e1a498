"""worldline export and import: trained phases to and from folders that transformers and vLLM read."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from model.checkpoint import load_newest, save_checkpoint
from model.config import ModelConfig
from model.export import export_weights
from model.imported import import_weights
from model.tokenizer import Tokenizer, exported_tokenizer
from pipelines.errors import UserError
from pipelines.recipe_table import from_table
from pipelines.run_folder import locate


def export_command(phase: Path, folder: Path, *, dtype: str) -> int:
    """Write the newest checkpoint of a trained phase (`RUN/checkpoints/NAME`) as a folder for transformers."""
    if not (phase / "model.json").exists():
        raise UserError(f"{str(phase)!r} is no trained phase: name a folder RUN/checkpoints/NAME")
    found = load_newest(phase)
    if found is None:
        raise UserError(f"{str(phase)!r} has no whole checkpoint: train the phase first")
    state, manifest = found
    config = from_table(ModelConfig, json.loads((phase / "model.json").read_text()), where="")
    with _written_aside(folder) as staged:
        export_weights(staged, config, state["model"], Tokenizer.load(phase / "tokenizer.json"), dtype=dtype)
    print(f"step {manifest['step']} of {phase.name} as CwmForCausalLM: {folder}")
    return 0


def import_command(source: Path, run: str, name: str) -> int:
    """Make the weights of a folder of transformers' a phase that is done, for recipes that continue it by its name."""
    if not name.isidentifier() and not name.replace("-", "_").isidentifier():
        raise UserError(f"{name!r} is no name of a phase: use letters, digits and `-`")
    imported = import_weights(source)
    tokenizer = exported_tokenizer(source / "tokenizer.json")
    if tokenizer.size != imported.config.vocabulary:
        raise UserError(
            f"the tokenizer of {str(source)!r} has {tokenizer.size} tokens: the model has {imported.config.vocabulary}"
        )
    phase = locate(run) / "checkpoints" / name
    with _written_aside(phase) as staged:
        (staged / "model.json").write_text(json.dumps(asdict(imported.config), indent=2))
        (staged / "tokenizer.json").write_text(tokenizer.to_json())
        save_checkpoint(staged, 0, {"model": imported.weights}, {"phase": name, "imported": source.name})
        (staged / "done").write_text("")
    print(f"{sum(w.numel() for w in imported.weights.values()):,} parameters: write continues = {name!r} into a recipe")
    return 0


@contextmanager
def _written_aside(folder: Path) -> Iterator[Path]:
    """Give a folder beside the wanted one, which becomes it when all was written."""
    if folder.exists():
        raise UserError(f"{str(folder)!r} exists: delete it or choose another folder")
    staged = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    try:
        yield staged
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
