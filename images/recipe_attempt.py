"""RecipeAttempt: one recipe from resolving to the proof; every step that fails is a `BuildFailed` with its class."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name

from images.build_log import BuildLog
from images.build_mounts import UV, BuildMounts
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import BuildFailed
from images.failure_classes import classify
from images.health import TestSelection, command_of
from images.image_texts import ON_PATH, RESTORE, Restorable, dockerfile, evaluation_script, script
from images.layers import KIND_LABEL, Lock, ensure_dependencies, ensure_system
from images.proof import Proof, ProofRules, prove
from images.recipe_inference import BuildRecipe
from images.source_tree import SourceTree
from images.spec import RepositorySpec
from images.static_metadata import read_static_metadata

# The class of an image that is good enough, and whose failures say what would make it better.
LACKS = "lacks"
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==\S+")
# From which day on there was a pytest that runs on a Python version.
_PYTEST_RUNS = {
    "3.9": "2020-12-31",
    "3.10": "2021-12-31",
    "3.11": "2022-12-31",
    "3.12": "2023-12-31",
    "3.13": "2024-12-31",
}
_NUMBER = re.compile(r"v?(\d+(?:\.\d+)+\S*)")


def _name(line: str) -> str:
    return canonicalize_name(line.partition("==")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A repository's spec and files."""

    spec: RepositorySpec
    tree: SourceTree

    @property
    def version(self) -> str:
        """Return the version that the files or the spec state; a high one when neither does, which meets most bounds."""
        stated = re.search(r"^Version: (\S+)$", self.tree.text("PKG-INFO") or "", re.MULTILINE)
        named = _NUMBER.fullmatch(self.spec.revision or "")
        return stated[1] if stated else named[1] if named else "999.0"


class RecipeAttempt:
    """Builds and proves one recipe; `messages` is what the tests said, for whoever looks for leads in it."""

    def __init__(
        self, engine: Engine, source: Source, settings: BuildSettings, mounts: BuildMounts, log: BuildLog
    ) -> None:
        self._engine = engine
        self._source = source
        self._settings = settings
        self._mounts = mounts
        self._log = log
        self.messages = ""

    def run(self, recipe: BuildRecipe, record: ImageRecord, lacks: Callable[[str], bool] | None = None) -> ImageRecord:
        """Return the record with the image and how its tests went; `record` names the base.

        When `lacks` says of the failures of a good first run that something can be done, it is the only run, and its class
        is `lacks`.
        """
        with self._log.stage("system"):
            parent = ensure_system(self._engine, record.base, recipe.system, python=record.python_version)
        with self._log.stage("resolve"):
            lock = self._resolve(recipe, record, parent)
        with self._log.stage("dependencies"):
            shared = ensure_dependencies(self._engine, parent, lock, self._mounts, self._log)
        record = replace(record, recipe=recipe.name, recipe_digest=recipe.digest, system_packages=recipe.system)
        record = self._commit(recipe, replace(record, packages=lock.lines), shared)
        with self._log.stage("tests"):
            return self._prove(recipe, record, lacks or (lambda said: False))

    def _environment(self, recipe: BuildRecipe) -> dict[str, str]:
        told = dict.fromkeys(("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "PDM_BUILD_SCM_VERSION"), recipe.version)
        bound = {"UV_BUILD_CONSTRAINT": "/opt/worldline/build.txt"} if recipe.build_constraints else {}
        return {**self._mounts.environment, **(told if recipe.version else {}), **bound}

    def _begin(self, container: DockerContainer, recipe: BuildRecipe, *, with_files: bool = True) -> None:
        tree = self._source.tree
        executable = b"\0".join(name.encode("utf-8", "surrogateescape") for name in sorted(tree.executable))
        container.put(
            {
                **(tree.files if with_files else {}),
                "/opt/worldline/executable": executable,
                "/opt/worldline/build.txt": "\n".join(recipe.build_constraints).encode(),
            }
        )

    def _exempt(self, record: ImageRecord) -> list[str]:
        """Return the options that let pytest be as young as it has to be for the interpreter, whatever day is asked for."""
        young = _PYTEST_RUNS.get(record.python_version, "")
        if not self._settings.as_of or self._settings.as_of >= young:
            return []
        return [f"--exclude-newer-package={name}={young}" for name in ("pytest", "pluggy", "iniconfig", "packaging")]

    def _resolve(self, recipe: BuildRecipe, record: ImageRecord, parent: str) -> Lock:
        """Return the exact packages that the recipe needs beside the project itself; nothing is installed."""
        stated = read_static_metadata(self._source.tree) if recipe.project else None
        extras = f"[{','.join(recipe.extras)}]" if recipe.extras else ""
        own = stated.needs(recipe.extras, python=record.python_version) if stated else [f"-e .{extras}"]
        wanted = [*(own if recipe.project else []), "pytest", *recipe.needs]
        self._log.say(f"recipe {recipe.name!r}: {', '.join(wanted)}")
        with self._container(parent) as container:
            self._begin(container, recipe, with_files=recipe.project and stated is None)
            container.put({"/opt/worldline/needs.in": "\n".join([*wanted, ""]).encode()})
            options = ["-q", "--no-header", "--no-annotate", "--no-sources", "--python", container.python]
            output = "/opt/worldline/lock.txt"
            command = [UV, "pip", "compile", *options, *self._exempt(record), "-o", output, "/opt/worldline/needs.in"]
            self._log.run(container, "resolve", command, env=self._environment(recipe))
            text = container.get([output]).get(output, b"").decode("utf-8", "replace")
        lines = [line for line in text.splitlines() if _PINNED.fullmatch(line.split(";")[0].strip())]
        # What depends on the project itself, as pytest on pluggy, gets the one that is built here.
        return Lock(lines=tuple(line for line in lines if not stated or _name(line) != stated.name))

    def _container(self, image: str) -> DockerContainer:
        return DockerContainer(self._engine, image, network=True, mounts=self._mounts.volumes)

    def _commit(self, recipe: BuildRecipe, record: ImageRecord, shared: str) -> ImageRecord:
        """Install the project on the shared layers and keep the result under the record's name."""
        name = self._name(record)
        labels = self._labels(recipe, record, shared)
        installs: list[str] = []
        stage = self._log.stage
        with stage("install"), self._container(shared) as container:
            self._begin(container, recipe)
            self._log.run(container, "begin", ["sh", "-c", script("begin")], env={})
            if recipe.project:
                command = [UV, "pip", "install", "-q", "--no-deps", "--no-sources", "--python", container.python]
                self._log.run(container, "install", [*command, "-e", "."], env=self._environment(recipe))
                installs.append("-m pip install --no-deps -e .")
            else:
                self._log.run(container, "install", [container.python, "-c", ON_PATH], env={})
            self._log.run(container, "commit", ["sh", "-c", script("finish")], env={})
            with stage("commit, part of install"):
                image_id = self._replace_image(container.id, name, labels)
        return replace(
            record,
            image=name,
            image_id=image_id,
            install_commands=(
                *((f"-m pip install --no-deps {' '.join(record.packages)}",) if record.packages else ()),
                *installs,
            ),
            added_bytes=self._engine.image_bytes(name) - self._engine.image_bytes(shared),
            shared_bytes=self._engine.image_bytes(shared) - self._engine.image_bytes(record.base),
            dockerfile=dockerfile(
                Restorable(
                    repository=record.repository,
                    spec=record.spec,
                    image=name,
                    base=record.base,
                    version=record.worldline_version,
                    system=[package.format(python=record.python_version) for package in recipe.system],
                    packages=record.packages,
                    project=recipe.project,
                    labels=labels,
                )
            ),
        )

    def _replace_image(self, container: str, name: str, labels: dict[str, str]) -> str:
        """Commit the container; an image that had the name is removed, so that none of ours stays without one."""
        old = self._engine.image_id(name)
        made = self._engine.commit(container, name=name, labels=labels)
        if old and old != made:
            self._engine.remove_image(old)
        return made

    def _name(self, record: ImageRecord) -> str:
        as_of = f"-{record.as_of[:10].replace('-', '')}" if record.as_of else ""
        return f"worldline/{record.repository}:{record.source_digest[:16]}-py{record.python_version}{as_of}"

    def _labels(self, recipe: BuildRecipe, record: ImageRecord, shared: str) -> dict[str, str]:
        return {
            KIND_LABEL: "repository",
            "worldline.repository": record.repository,
            "worldline.commit": self._source.spec.revision or record.source_digest,
            "worldline.source": record.source_digest,
            "worldline.recipe": recipe.digest,
            "worldline.base": shared,
            "worldline.version": record.worldline_version,
        }

    def _prove(self, recipe: BuildRecipe, record: ImageRecord, lacks: Callable[[str], bool]) -> ImageRecord:
        """Run the tests; return the record with what they say."""
        command = command_of(recipe.test_options, recipe.test_paths)
        record = replace(
            record,
            test_command=command,
            restore_command=RESTORE,
            evaluation_script=evaluation_script(command),
        )
        settings = self._settings
        limit = {"WORLDLINE_TEST_SECONDS": str(settings.one_test_seconds)}
        rules = ProofRules(
            runs=settings.test_runs,
            share=settings.pass_share,
            seconds=lambda: self._log.clock.bound(settings.test_seconds),
            lacks=lacks,
        )
        selection = TestSelection(paths=recipe.test_paths, env=limit)
        proof = prove(lambda: DockerContainer(self._engine, record.image), selection, rules)
        self.messages = proof.messages()
        self._log.say(f"tests: {proof.share:.1%} of {proof.judged} pass in {proof.runs} runs; the first ended with:")
        self._log.say(proof.said[-4000:])
        return self._judged(record, proof)

    def _none(self, record: ImageRecord, said: str) -> None:
        self._engine.remove_image(record.image)
        reason = classify(said, stage="collection")
        reason = "no-tests-ran" if reason == "collection" else reason
        last = " ".join(said.strip().splitlines()[-3:])[-300:]
        raise BuildFailed(reason, f"the tests could not be collected: {last}", said)

    def _judged(self, record: ImageRecord, proof: Proof) -> ImageRecord:
        record = replace(record, tests=proof.tests, collection_errors=len(proof.collection_errors))
        if not any(test.outcome not in ("skipped", "xfailed") for test in record.tests):
            self._none(record, proof.messages())
        needed = f"{self._settings.pass_share:.0%} are needed"
        if proof.share < self._settings.pass_share:
            return replace(record, reason=f"{proof.failure_class()}: {_passed(proof)}, {needed}")
        if proof.runs < self._settings.test_runs:
            return replace(record, reason=f"{LACKS}: {_passed(proof)}, {needed}, and what failed says what it lacks")
        return replace(record, status="executable", reason="")


def _passed(proof: Proof) -> str:
    """Return how many passed, as the sentence of a reason says it."""
    if not (proof.stopped and proof.unrun):
        return f"{proof.share:.0%} of {proof.judged} tests pass"
    passed = sum(test.outcome == "passed" for test in proof.tests)
    ran = proof.judged - proof.unrun
    return f"{passed} of {ran} tests pass, {proof.unrun} more were not waited for since {proof.stopped}"
