"""RecipeRepair: tries a recipe, and changes it as long as what fails says what it lacks."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from images.build_clock import BuildClock
from images.build_log import BuildLog
from images.build_mounts import BuildMounts
from images.build_settings import BuildSettings
from images.catalogue import Attempt, ImageRecord
from images.engine import Engine
from images.errors import BuildFailed, EngineError, NoSpace
from images.failure_classes import classify
from images.leads import find_leads
from images.recipe_attempt import LACKS, RecipeAttempt, Source
from images.recipe_inference import BuildRecipe
from images.system_packages import missing_packages, packages_of_programs

_REPAIRS = 6
# A good image is left at most so often for one with what its failures still lacked: each costs a run of its tests.
_BETTER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a recipe ended: its record, itself as it was changed last, and the stage that failed, empty when tests ran."""

    record: ImageRecord
    recipe: BuildRecipe
    stage: str = ""

    @property
    def reason(self) -> str:
        """Return the class of the failure."""
        return self.record.reason.partition(":")[0]


class RecipeRepair:
    """Tries recipes of one repository; `attempts` are all that were made. `declared` are the requirements that it names."""

    def __init__(self, engine: Engine, source: Source, settings: BuildSettings, *, declared: Sequence[str]) -> None:
        self._engine = engine
        self._source = source
        self._settings = settings
        self._clock = BuildClock(settings.build_seconds)
        self._declared = declared
        self._own = frozenset(path.split("/")[0].removesuffix(".py") for path in source.tree.python_files())
        self.attempts: list[Attempt] = []

    def run(self, recipe: BuildRecipe, record: ImageRecord, mounts: BuildMounts) -> Ended:
        """Return how the recipe ended, changed as long as something new is lacking, a bounded number of times.

        An image that is good enough is left for one whose failures lack nothing more, and taken again if that one fails.
        """
        good: list[BuildRecipe] = []
        for number in range(_REPAIRS):
            last = number == _REPAIRS - 1
            ended, said = self._attempt(
                recipe, record, mounts, ask=not last and len(good) < _BETTER and self._clock.early
            )
            if ended.record.executable:
                return ended
            changed = recipe if last else self._changed(recipe, said, record.python_version)
            if changed == recipe and ended.reason == "tests-fail" and not last:
                changed = replace(
                    recipe, system=tuple(sorted({*recipe.system, *packages_of_programs(self._source.tree)}))
                )
            if ended.reason == LACKS:
                good.append(recipe)
            elif changed == recipe or good:
                break
            self._note_change(changed != recipe)
            recipe = changed
        return self._attempt(good[-1], record, mounts, ask=False)[0] if good else ended

    def _attempt(
        self, recipe: BuildRecipe, record: ImageRecord, mounts: BuildMounts, *, ask: bool
    ) -> tuple[Ended, str]:
        """Return how one try ended and what it said; with `ask`, a good first run that lacks something is the last."""
        log, began = BuildLog(recipe.name, self._clock, seconds=self._settings.install_seconds), time.monotonic()

        def lacks(text: str) -> bool:
            return self._changed(recipe, text, record.python_version) != recipe

        settings = replace(self._settings, as_of=record.as_of)
        attempt = RecipeAttempt(self._engine, self._source, settings, mounts, log)
        stage = ""
        try:
            found = attempt.run(recipe, record, lacks if ask else None)
            said = attempt.messages
        except BuildFailed as error:
            found, said = replace(record, reason=f"{error.reason}: {error}", recipe=recipe.name), error.said
            stage = error.stage
        except NoSpace:
            raise  # of the machine, not of the repository: another day it can be built
        except EngineError as error:
            found, said = replace(record, reason=f"engine: {error}", recipe=recipe.name), ""
        seconds = time.monotonic() - began
        self.attempts.append(Attempt(recipe=recipe.name, reason=found.reason, seconds=seconds, log=log.text))
        return Ended(record=found, recipe=recipe, stage=stage), said

    def _note_change(self, changed: bool) -> None:
        if changed:
            last = self.attempts[-1]
            self.attempts[-1] = replace(last, reason=f"{last.reason or 'tests'}; tried again with what it lacked")

    def _changed(self, recipe: BuildRecipe, said: str, python: str) -> BuildRecipe:
        """Return the recipe with what the output shows to be missing, or as it is when nothing new is."""
        system = set(recipe.system) | missing_packages(said)
        found = find_leads(said, self._declared, self._own, python=python)
        build = set(recipe.build_constraints)
        if "No module named 'pkg_resources'" in said or "No module named 'distutils.msvccompiler'" in said:
            build.add("setuptools<81")
        changed = replace(
            recipe,
            system=tuple(sorted(system)),
            needs=(*recipe.needs, *(need for need in found if need not in recipe.needs)),
            build_constraints=tuple(sorted(build)),
        )
        if classify(said, stage="") == "needs-git":
            changed = replace(changed, version=self._source.version)
        return changed
