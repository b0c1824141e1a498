"""Imported: the shape and weights of a folder as transformers writes it, in one file or in shards, or in Meta's layout."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from model.config import ModelConfig
from model.cwm_config import from_cwm_config
from model.errors import InterchangeError
from model.meta_layout import from_meta, our_name
from model.transformer import Transformer

_INDEX, _SINGLE = "model.safetensors.index.json", "model.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A shape and weights by our names, in the dtype that they were stored in."""

    config: ModelConfig
    weights: dict[str, torch.Tensor]


def import_weights(folder: Path) -> Imported:
    """Read a folder with `config.json` and safetensors; nothing in it is run or unpickled.

    Raises `InterchangeError` for a folder that is not whole: each tensor of the architecture must be there once, in its
    shape, and no other.
    """
    config = from_cwm_config(_table(folder / "config.json"))
    with torch.device("meta"):
        wanted = {name: weight.shape for name, weight in Transformer(config).state_dict().items()}
    weights: dict[str, torch.Tensor] = {}
    for file in _files(folder):
        for name, weight in _read(file, config.head_dim):
            if name not in wanted or name in weights:
                raise InterchangeError(f"{file.name!r} holds {name!r}, which this architecture has not, or has twice")
            if weight.shape != wanted[name]:
                raise InterchangeError(
                    f"{name!r} has the shape {tuple(weight.shape)}: config.json says {tuple(wanted[name])}"
                )
            weights[name] = weight
    missing = sorted(set(wanted) - set(weights))
    if missing:
        raise InterchangeError(f"{str(folder)!r} lacks {len(missing)} tensors, {missing[0]!r} first: copy it again")
    return Imported(config=config, weights=weights)


def _table(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_text())
    except OSError as error:
        raise InterchangeError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InterchangeError(f"{str(path)!r} is not JSON: {error}") from error
    if not isinstance(table, dict):
        raise InterchangeError(f"{str(path)!r} holds a {type(table).__name__}: it must hold an object")
    return table


def _files(folder: Path) -> list[Path]:
    if not (folder / _INDEX).exists():
        return [folder / _SINGLE]
    places = _table(folder / _INDEX).get("weight_map")
    names = sorted(set(places.values())) if isinstance(places, dict) and places else []
    if not names or any(Path(str(name)).name != name for name in names):
        raise InterchangeError(f"{str(folder / _INDEX)!r} must map tensors to files of its own folder")
    return [folder / name for name in names]


def _read(file: Path, head_dim: int) -> list[tuple[str, torch.Tensor]]:
    try:
        with safe_open(file, framework="pt") as handle:
            names = handle.keys()
            return [(our_name(name), from_meta(name, handle.get_tensor(name), head_dim)) for name in names]
    except (OSError, SafetensorError) as error:
        raise InterchangeError(f"{str(file)!r} cannot be read: {error}") from error
