"""What `python -m pipelines.collect RECIPE` and `python -m pipelines.train RECIPE` share: one argument, a recipe."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pipelines.recipe import read_recipe

T = TypeVar("T")


def run_recipe(arguments: Sequence[str], module: str, kind: type[T], run: Callable[[T], object]) -> int:
    """Read the recipe that the only argument names and run it; return the exit code."""
    if len(arguments) != 1:
        print(f"usage: python -m {module} RECIPE", file=sys.stderr)
        return 2
    run(read_recipe(Path(arguments[0]), kind))
    return 0
