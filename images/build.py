"""Build: from the files of a repository to an executable image, and the record of what was tried."""

import importlib.metadata
import re
import time
from dataclasses import replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from images.as_of import SOURCE, moment_of, text_of
from images.base_image import PYTHONS, ensure_base
from images.build_log import BuildLog
from images.build_mounts import BuildMounts
from images.build_settings import BuildSettings
from images.catalogue import Attempt, ImageRecord
from images.declared_needs import DeclaredNeeds, read_needs
from images.engine import Engine
from images.errors import BuildFailed, EngineError, NoSpace
from images.failure_classes import classify
from images.leads import find_leads
from images.licence import find_licence
from images.pytest_config import read_config
from images.recipe_attempt import RecipeAttempt, Source
from images.recipe_inference import BuildRecipe, infer_recipes
from images.source_tree import SourceTree
from images.spec import RepositorySpec
from images.system_packages import missing_packages, packages_of

_REPAIRS = 6
# A failure of these classes is the same for every recipe.
_FINAL = (
    "disk-full",
    "needs-rust",
    "system-packages",
    "timeout",
    "needs-network",
    "needs-service",
    "unsteady-ids",
)


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
    with BuildMounts(gateway=engine.gateway(), as_of=moment) as mounts:
        try:
            record = _Build(engine, Source(spec=spec, tree=tree), settings, mounts).run(record)
        except BuildFailed as error:
            record = replace(record, reason=f"{error.reason}: {error}")
        fetched = mounts.proxy.fetched_bytes if mounts.proxy else 0
    return replace(record, seconds=time.monotonic() - started, fetched_bytes=fetched)


class _Build:
    """Tries the recipes of one repository in their order; the best record is the one with the most passing tests."""

    def __init__(self, engine: Engine, source: Source, settings: BuildSettings, mounts: BuildMounts) -> None:
        self._engine = engine
        self._source = source
        self._settings = settings
        self._mounts = mounts
        self._declared: DeclaredNeeds = read_needs(source.tree)
        self._attempts: list[Attempt] = []

    def run(self, record: ImageRecord) -> ImageRecord:
        """Return the record of the first recipe whose image is executable, else of the one that came furthest."""
        python = choose_python(self._declared.requires_python, self._settings.python)
        record = replace(record, python_version=python)
        base = ensure_base(self._engine, python, image=self._settings.base_image)
        system = packages_of(self._source.tree, self._source.spec.repository)
        best = record
        config = read_config(self._source.tree.files)
        for recipe in infer_recipes(self._source.tree, self._declared, config)[: self._settings.attempts]:
            found = self._try(replace(recipe, system=tuple(sorted(system))), replace(record, base=base))
            if found.executable or not best.reason or len(found.passing()) > len(best.passing()):
                best = found
            if found.executable or found.reason.partition(":")[0] in _FINAL:
                break
        return replace(best, attempts=tuple(self._attempts))

    def _try(self, recipe: BuildRecipe, record: ImageRecord) -> ImageRecord:
        """Return the record of one recipe, changed as long as what fails says what it lacks, a bounded number of times."""
        for number in range(_REPAIRS):
            log, began = BuildLog(recipe.name, seconds=self._settings.install_seconds), time.monotonic()
            attempt = RecipeAttempt(self._engine, self._source, self._settings, self._mounts, log)
            said = ""
            try:
                found = attempt.run(recipe, record)
                said = attempt.messages
            except BuildFailed as error:
                found, said = replace(record, reason=f"{error.reason}: {error}", recipe=recipe.name), error.said
            except NoSpace:
                raise  # of the machine, not of the repository: another day it can be built
            except EngineError as error:
                found = replace(record, reason=f"engine: {error}", recipe=recipe.name)
            changed = recipe if found.executable or number == _REPAIRS - 1 else self._changed(recipe, said)
            ended = found.reason if changed == recipe else f"{found.reason or 'tests'}; tried again with what it lacked"
            self._attempts.append(
                Attempt(recipe=recipe.name, reason=ended, seconds=time.monotonic() - began, log=log.text)
            )
            if changed == recipe:
                return found
            recipe = changed
        return found

    def _changed(self, recipe: BuildRecipe, said: str) -> BuildRecipe:
        """Return the recipe with what the output shows to be missing, or as it is when nothing new is."""
        system = set(recipe.system) | missing_packages(said)
        own = frozenset(path.split("/")[0].removesuffix(".py") for path in self._source.tree.python_files())
        leads = [need for need in find_leads(said, self._declared.anywhere, own) if need not in recipe.needs]
        build = set(recipe.build_constraints)
        if "No module named 'pkg_resources'" in said or "No module named 'distutils.msvccompiler'" in said:
            build.add("setuptools<81")
        changed = replace(
            recipe, system=tuple(sorted(system)), needs=(*recipe.needs, *leads), build_constraints=tuple(sorted(build))
        )
        if classify(said, stage="") == "needs-git":
            changed = replace(changed, version=self._source.version)
        return changed


def choose_python(requires: str, preferred: str) -> str:
    """Return the preferred Python version, or the nearest that the project's own specifier allows and we can make.

    Raises `BuildFailed` of class `wrong-python` when there is none.
    """
    try:
        allowed = SpecifierSet(re.sub(r"(\d)\.\*(?=\s*[,]|$)", r"\1", requires) if ">" in requires else requires)
    except InvalidSpecifier:
        return preferred
    versions = sorted({preferred, *PYTHONS}, key=lambda v: (v != preferred, abs(_minor(v) - _minor(preferred))))
    for version in versions:
        # A specifier speaks of patch releases too: `>=3.11.4` is met by the 3.11 that a base has today.
        if any(allowed.contains(f"{version}.{patch}", prereleases=True) for patch in (0, 99)):
            return version
    raise BuildFailed(
        "wrong-python",
        f"the project asks for Python {requires!r}, and there are {', '.join(sorted(PYTHONS, key=_minor))}",
    )


def _minor(version: str) -> int:
    return int(version.split(".")[1])
