"""Build: from the files of a repository to an executable image, and the record of what was tried."""

import importlib.metadata
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from images.as_of import SOURCE, moment_of, text_of
from images.base_image import ensure_base
from images.build_mounts import BuildMounts
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.declared_needs import read_needs
from images.engine import Engine
from images.errors import BaseError, BuildFailed
from images.licence import find_licence
from images.pytest_config import read_config
from images.python_choice import classified_pythons, python_choices, second_python
from images.recipe_attempt import Source
from images.recipe_economy import is_final, is_hopeless, may_be_of_its_day
from images.recipe_inference import infer_recipes
from images.recipe_repair import Ended, RecipeRepair
from images.source_tree import SourceTree
from images.spec import RepositorySpec
from images.system_packages import packages_of

# What was released since is hardly another index.
_DAYS = timedelta(days=30)


def build_image(engine: Engine, spec: RepositorySpec, tree: SourceTree, settings: BuildSettings) -> ImageRecord:
    """Build, test offline, and return the record; a build that fails is a record with its reason, not an exception."""
    started = time.monotonic()
    record = ImageRecord(
        repository=spec.repository,
        spec=spec.text,
        status="failed",
        reason="",
        source_digest=tree.digest,
        licence=find_licence(tree),
        python_version=settings.python,
        worldline_version=importlib.metadata.version("worldline"),
        as_of=settings.as_of,
        source_files=tuple(tree.source_files()),
        test_files=tuple(tree.test_files()),
    )
    try:
        moment = moment_of(settings.as_of, tree)
        if moment and settings.as_of == SOURCE:
            settings = replace(settings, as_of=text_of(moment))
            record = replace(record, as_of=settings.as_of)
    except BuildFailed as error:
        return replace(record, reason=f"{error.reason}: {error}")
    record, fetched = _Build(engine, Source(spec=spec, tree=tree), settings).run(record, moment)
    return replace(record, seconds=time.monotonic() - started, fetched_bytes=fetched)


class _Build:
    """Tries recipes, Python versions and days for one repository; the best record has the most passing tests."""

    def __init__(self, engine: Engine, source: Source, settings: BuildSettings) -> None:
        self._engine = engine
        self._source = source
        self._settings = settings
        self._declared = read_needs(source.tree)
        self._repair = RecipeRepair(engine, source, settings, declared=self._declared.anywhere)
        self._fetched = 0

    def run(self, record: ImageRecord, moment: datetime | None) -> tuple[ImageRecord, int]:
        """Return the first record whose image is executable, else the one that came furthest, and the bytes fetched."""
        try:
            best = self._best(record, moment)
        except BuildFailed as error:
            best = replace(record, reason=f"{error.reason}: {error}")
        if not best.executable and self._engine_lost(best):
            best = replace(best, image="", image_id="")
        return replace(best, attempts=tuple(self._repair.attempts)), self._fetched

    def _engine_lost(self, record: ImageRecord) -> bool:
        """Say whether a later attempt has taken the record's image away."""
        return bool(record.image) and self._engine.image_id(record.image) != record.image_id

    def _best(self, record: ImageRecord, moment: datetime | None) -> ImageRecord:
        classified = classified_pythons(self._source.tree)
        choices = python_choices(self._declared.requires_python, self._settings.python, classified)
        best = self._recipes(replace(record, python_version=choices[0]), moment, alone=len(choices) == 1)
        other = None if best.executable else second_python(choices, classified, _class(best))
        if other:
            # A Python that there is no base for is no reason to lose what the first one gave.
            with suppress(BaseError):
                best = _better(best, self._recipes(replace(record, python_version=other), moment, alone=True))
        day = None if best.executable or moment else self._past_day(_class(best))
        if day:
            place = replace(record, python_version=best.python_version, as_of=text_of(day))
            best = _better(best, self._recipes(place, day, alone=True))
        return best

    def _past_day(self, reason: str) -> datetime | None:
        """Return when the source was made, where the packages of that day are others and may mend such a failure."""
        if self._source.tree.dated is None or not may_be_of_its_day(reason):
            return None
        day = moment_of(SOURCE, self._source.tree)
        return day if day and datetime.now(UTC) - day.astimezone(UTC) > _DAYS else None

    def _recipes(self, record: ImageRecord, moment: datetime | None, *, alone: bool) -> ImageRecord:
        """Return the best record of all recipes on one Python and one day; `alone` when there is no other Python."""
        tree, ended = self._source.tree, list[Ended]()
        record = replace(record, base=ensure_base(self._engine, record.python_version, image=self._settings.base_image))
        system = tuple(sorted(packages_of(tree, self._source.spec.repository)))
        best = record
        with BuildMounts(gateway=self._engine.gateway(), as_of=moment) as mounts:
            for recipe in infer_recipes(tree, self._declared, read_config(tree.files))[: self._settings.attempts]:
                if is_hopeless(recipe, ended, alone=alone):
                    continue
                ended.append(self._repair.run(replace(recipe, system=system), record, mounts))
                best = _better(best, ended[-1].record)
                if best.executable or is_final(ended[-1].reason):
                    break
            self._fetched += mounts.proxy.fetched_bytes if mounts.proxy else 0
        return best


def _class(record: ImageRecord) -> str:
    return record.reason.partition(":")[0]


def _better(one: ImageRecord, other: ImageRecord) -> ImageRecord:
    return other if other.executable or not one.reason or len(other.passing()) > len(one.passing()) else one
