"""What is not tried again, since a failure says that it would fail as well."""

import pytest

from images.build_clock import BuildClock
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.errors import BuildFailed
from images.health import TestOutcome
from images.recipe_economy import is_final, is_hopeless, may_be_of_its_day
from images.recipe_inference import BuildRecipe
from images.recipe_repair import Ended

TESTED = (TestOutcome(id="a", outcome="failed", seconds=0.0),)
TESTS = BuildRecipe(name="named for tests", project=True, extras=("test",), needs=("six",))
MORE = BuildRecipe(name="named for development", project=True, extras=("test",), needs=("six", "attrs"))
ALONE = BuildRecipe(name="the project alone", project=True)
BARE = BuildRecipe(name="not installed", project=False, needs=("six",))


def _ended(recipe: BuildRecipe, reason: str, *, stage: str = "") -> Ended:
    record = ImageRecord(
        repository="a", spec="a", status="failed", reason=f"{reason}: so", tests=() if stage else TESTED
    )
    return Ended(record=record, recipe=recipe, stage=stage)


def _left(*ended: Ended, alone: bool = True) -> list[str]:
    return [recipe.name for recipe in (TESTS, MORE, ALONE, BARE) if not is_hopeless(recipe, ended, alone=alone)]


def test_a_project_that_could_not_be_built_is_not_built_again() -> None:
    assert _left(_ended(TESTS, "install-conflict", stage="install")) == ["not installed"]
    assert len(_left(_ended(TESTS, "install-conflict", stage="resolve"))) == 4


def test_fewer_packages_do_not_help_tests_that_lack_none() -> None:
    assert _left(_ended(TESTS, "tests-fail")) == ["named for development"]
    assert len(_left(_ended(TESTS, "missing-module"))) == 4


def test_without_installing_is_the_last_resort_of_the_last_python() -> None:
    ended = [_ended(recipe, "wrong-python", stage="resolve") for recipe in (TESTS, MORE, ALONE)]
    assert "not installed" in _left(*ended)
    assert "not installed" not in _left(*ended, alone=False)


def test_a_missing_server_is_final_and_a_failing_assertion_may_be_of_another_day() -> None:
    assert is_final("needs-service")
    assert not is_final("compiler")
    assert may_be_of_its_day("tests-fail")
    assert not may_be_of_its_day("compiler")


def test_what_is_left_of_a_build_bounds_each_step() -> None:
    assert BuildClock(1000).bound(5) == 5
    assert 90 < BuildClock(100).bound(500) <= 100
    with pytest.raises(BuildFailed, match="longer than 0 s") as error:
        BuildClock(0).bound(5)
    assert error.value.reason == "timeout"


def test_a_bound_of_no_seconds_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="build_seconds is 0"):
        BuildSettings(build_seconds=0)
