"""Recipe economy: what a failure says of the recipes that were not tried yet."""

from collections.abc import Sequence

from images.recipe_inference import BuildRecipe
from images.recipe_repair import Ended

# A failure of these classes is the same for every recipe, on every Python and day.
_FINAL = (
    "disk-full",
    "needs-network",
    "needs-rust",
    "needs-service",
    "system-packages",
    "timeout",
    "unsteady-ids",
)
_LACKING = ("missing-fixture", "missing-module")
# What newer releases of other projects break.
_OF_ITS_DAY = (
    "bad-packaging",
    "dependencies",
    "install",
    "install-conflict",
    "missing-fixture",
    "missing-module",
    "no-tests-ran",
    "resolve",
    "tests-fail",
)


def is_final(reason: str) -> bool:
    """Say whether nothing else that we could try would mend a failure of this class."""
    return reason in _FINAL


def may_be_of_its_day(reason: str) -> bool:
    """Say whether packages of the day on which the source was made may mend a failure of this class."""
    return reason in _OF_ITS_DAY


def is_hopeless(recipe: BuildRecipe, ended: Sequence[Ended], *, alone: bool) -> bool:
    """Say whether a recipe would fail as one before it did.

    A project that could not be built, from its own build requirements and with the same compiler, cannot be built by any
    recipe. One that its tests found installed, and that lacks nothing, is not helped by fewer packages. Where another
    Python is to be had (not `alone`), a project that no recipe could install on this one is not tried without installing.
    """
    if ended and not alone and not recipe.project and all(one.reason == "wrong-python" for one in ended):
        return True
    return any(_rules_out(one, recipe) for one in ended)


def _rules_out(one: Ended, recipe: BuildRecipe) -> bool:
    if one.stage == "install":
        return one.recipe.project and recipe.project
    if one.stage or not one.record.tests or one.reason in _LACKING:
        return False
    fewer = set(recipe.needs) <= set(one.recipe.needs) and set(recipe.extras) <= set(one.recipe.extras)
    return one.recipe.project and fewer
