"""TrainingFolder: where one training recipe keeps checkpoints, metrics and scores, and where it finds what it continues."""

import json
import os
from dataclasses import asdict
from typing import Any

from model.config import ModelConfig, named_config
from model.tokenizer import Tokenizer
from pipelines.collected import Collected, trained_tokenizer
from pipelines.errors import UserError
from pipelines.recipe_table import from_table
from pipelines.run_folder import locate, versions
from pipelines.train_recipe import TrainRecipe


class TrainingFolder:
    """The folder of a recipe, checked when made.

    Raises `UserError` without a collection run, when the phase before is not done, and when the folder belongs to another recipe.
    """

    def __init__(self, recipe: TrainRecipe) -> None:
        self.run = locate(recipe.run_folder)
        self.path = self.run / "checkpoints" / recipe.name
        self.before = self.run / "checkpoints" / recipe.continues if recipe.continues else None
        self._recipe = recipe
        self._resolved = json.dumps(asdict(recipe), indent=2, sort_keys=True)
        if not (self.run / "recipe.json").exists():
            raise UserError(f"{str(self.run)!r} is no run's folder: run `worldline collect` first")
        kept = self.path / "recipe.json"
        if kept.exists() and kept.read_text() != self._resolved:
            raise UserError(f"{str(self.path)!r} belongs to another recipe: delete it or choose another name")
        if self.before and not (self.before / "done").exists():
            raise UserError(
                f"recipe {recipe.name!r} continues {recipe.continues!r}, which is not done in {str(self.run)!r}: "
                "train that recipe first"
            )

    def claim(self) -> None:
        """Write the resolved recipe and the versions into the folder."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.write("version.json", json.dumps(versions(), indent=2))
        self.write("recipe.json", self._resolved)

    def is_done(self) -> bool:
        """Say whether the phase was trained and evaluated."""
        return (self.path / "done").exists()

    def write(self, name: str, text: str) -> None:
        """Put a file into the folder at once."""
        staged = self.path / f".{name}-{os.getpid()}"
        staged.write_text(text)
        staged.rename(self.path / name)

    def tokenizer(self, collected: Collected) -> Tokenizer:
        """Return the recipe's tokenizer: that of the phase before, or one trained when first asked for."""
        if not (self.path / "tokenizer.json").exists():
            self.write("tokenizer.json", self._first_tokenizer(collected))
        return Tokenizer.load(self.path / "tokenizer.json")

    def _first_tokenizer(self, collected: Collected) -> str:
        if self.before:
            return (self.before / "tokenizer.json").read_text()
        assert self._recipe.start is not None
        return trained_tokenizer(collected, self._recipe.start.merges).to_json()

    def shape(self, tokenizer: Tokenizer) -> ModelConfig:
        """Return the model's shape: that of the phase before, or the one that the recipe names."""
        if not (self.path / "model.json").exists():
            self.write("model.json", self._first_shape(tokenizer))
        return from_table(ModelConfig, json.loads((self.path / "model.json").read_text()), where="")

    def _first_shape(self, tokenizer: Tokenizer) -> str:
        if self.before:
            return (self.before / "model.json").read_text()
        assert self._recipe.start is not None
        return json.dumps(asdict(named_config(self._recipe.start.model, vocabulary=tokenizer.size)), indent=2)

    def scores(self) -> dict[str, Any]:
        """Return the scores by name, those of the phases before first."""
        for folder in (self.path, self.before):
            if folder and (folder / "evaluation.json").exists():
                scores: dict[str, Any] = json.loads((folder / "evaluation.json").read_text())
                return scores
        return {}
