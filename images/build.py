"""Build: from the files of a repository to an executable image, and the record of what was tried."""

import re
import time
from dataclasses import dataclass, replace

from images.as_of import check_as_of, installing_as_of, moment_of
from images.base_image import ensure_base
from images.build_mounts import BuildMounts
from images.catalogue import ImageRecord
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import BuildFailed
from images.health import TestOutcome, TestRun, TestSelection, run_tests
from images.host_pip import without_credentials
from images.licence import find_licence
from images.recipe_inference import BuildRecipe, infer_recipes
from images.source_tree import SourceTree
from images.spec import RepositorySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSettings:
    """How images are built: Python version, base image, share of tests that must pass, seconds for each stage.

    `as_of` leaves out packages that were uploaded later: a date, a moment, or `source` (see `images.as_of`).
    """

    python: str = "3.11"
    base_image: str = "python:{python}-slim"
    pass_share: float = 0.8
    as_of: str = ""
    test_runs: int = 2
    install_seconds: float = 600
    test_seconds: float = 600

    def __post_init__(self) -> None:
        if not 0 < self.pass_share <= 1:
            raise ValueError(f"pass_share is {self.pass_share!r}: it must lie above 0 and at most at 1")
        check_as_of(self.as_of)


_FINISH = """
set -e
find . -name __pycache__ -type d -prune -exec rm -rf {} +
rm -rf .pytest_cache build
git -c init.defaultBranch=main init -q
printf '*.egg-info\\n__pycache__\\n.pytest_cache\\n' > .git/info/exclude
git add -A -f -- . ':!*.egg-info'
git -c user.name=Worldline -c user.email=worldline@localhost commit -q --no-verify -m 'Start'
rm -rf .git/logs /home/worldline/.cache
"""
_COMMIT_TIME = "2020-01-01T00:00:00Z"
_MISSING_MODULE = re.compile(r"No module named '([A-Za-z0-9_]+)")
# What an error of collecting says about a need that has another name. A conftest whose hooks take a `path` is older
# than pytest 9, which dropped that argument.
_LEADS_BY_SIGN = {"Argument(s) {'path'} are declared in the hookimpl": "pytest<9"}
_LEADS = 3


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
        source_files=tuple(tree.source_files()),
        test_files=tuple(tree.test_files()),
    )
    try:
        record = _build(engine, record, tree, settings)
    except BuildFailed as error:
        record = replace(record, reason=f"{error.reason}: {error}")
    return replace(record, seconds=time.monotonic() - started)


def _build(engine: Engine, record: ImageRecord, tree: SourceTree, settings: BuildSettings) -> ImageRecord:
    base = ensure_base(engine, settings.python, image=settings.base_image)
    name = f"worldline/{record.repository}:{tree.digest[:16]}-py{settings.python}"
    with BuildMounts() as mounts, DockerContainer(engine, base, network=True, mounts=mounts.volumes) as container:
        container.put(tree.files)
        environment = mounts.environment | _pinned(container, settings, tree)
        commands = _install(container, infer_recipes(tree), environment, settings)
        packages = container.run([container.python, "-m", "pip", "freeze", "--exclude-editable"]).text.splitlines()
        dates = {"GIT_AUTHOR_DATE": _COMMIT_TIME, "GIT_COMMITTER_DATE": _COMMIT_TIME}
        finished = container.run(["sh", "-c", _FINISH], env=dates)
        if finished.exit_code:
            raise BuildFailed("commit", f"the tree could not be committed: {finished.text.strip()[-300:]}")
        labels = {"worldline.source": tree.digest, "worldline.repository": record.repository, "worldline.base": base}
        image_id = engine.commit(container.id, name=name, labels=labels)
    record = replace(
        record,
        image=name,
        image_id=image_id,
        base=base,
        install_commands=tuple(commands),
        packages=tuple(packages),
        added_bytes=engine.image_bytes(name) - engine.image_bytes(base),
    )
    return _prove(engine, record, settings)


def _pinned(container: DockerContainer, settings: BuildSettings, tree: SourceTree) -> dict[str, str]:
    version = container.run([container.python, "-c", "import pip; print(pip.__version__)"]).text.strip()
    return installing_as_of(moment_of(settings.as_of, tree), pip_version=version)


def _install(
    container: DockerContainer, recipes: list[BuildRecipe], env: dict[str, str], settings: BuildSettings
) -> list[str]:
    said = ""
    for recipe in recipes:
        commands = []
        for arguments in recipe.installs:
            command = [container.python, "-m", "pip", "install", "-q", "--no-cache-dir", *arguments]
            done = container.run(command, env=env, timeout_s=settings.install_seconds)
            if done.exit_code:
                said = without_credentials(done.text.strip()[-300:])
                break
            commands.append(" ".join(command[1:]))
        else:
            return commands + _follow_leads(container, recipe, env, settings)
    raise BuildFailed("install", f"none of {len(recipes)} recipes installed; the last one said: {said}")


def _follow_leads(
    container: DockerContainer, recipe: BuildRecipe, env: dict[str, str], settings: BuildSettings
) -> list[str]:
    """Install modules that collecting the tests misses, at most three times; return the commands that worked."""
    commands: list[str] = []
    tried: set[str] = set()
    for _ in range(_LEADS):
        selection = TestSelection(paths=recipe.test_files, options=("--collect-only",))
        run = run_tests(container, selection, timeout_s=settings.test_seconds)
        texts = [*run.collection_errors.values(), "" if run.complete else run.completed.text]
        missing = {name for text in texts for name in _MISSING_MODULE.findall(text)}
        missing |= {need for text in texts for sign, need in _LEADS_BY_SIGN.items() if sign in text}
        missing -= tried
        if not missing:
            break
        tried |= missing
        command = [container.python, "-m", "pip", "install", "-q", "--no-cache-dir", *sorted(missing)]
        if container.run(command, env=env, timeout_s=settings.install_seconds).exit_code == 0:
            commands.append(" ".join(command[1:]))
    return commands


def _prove(engine: Engine, record: ImageRecord, settings: BuildSettings) -> ImageRecord:
    runs = []
    for number in range(settings.test_runs):
        with DockerContainer(engine, record.image) as container:
            selection = TestSelection(paths=record.test_files, env={"PYTHONHASHSEED": str(number)})
            runs.append(run_tests(container, selection, timeout_s=settings.test_seconds))
    record = replace(
        record,
        tests=tuple(merge_runs(runs)),
        test_command=("python", "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=", *record.test_files),
    )
    judged = [test for test in record.tests if test.outcome not in ("skipped", "xfailed")]
    if not judged:
        said = runs[0].completed.text.strip()[-300:]
        raise BuildFailed("no-tests-ran", f"no test ran: {said}")
    share = len(record.passing()) / len(judged)
    if share < settings.pass_share:
        sentence = f"tests-fail: {share:.0%} of {len(judged)} tests pass, {settings.pass_share:.0%} are needed"
        return replace(record, reason=sentence)
    return replace(record, status="executable", reason="")


def merge_runs(runs: list[TestRun]) -> list[TestOutcome]:
    """Return one outcome per test: what all runs say, or `flaky` when they differ or a run lost the test."""
    merged = []
    for test in runs[0].outcomes.values():
        outcomes = {run.outcomes[test.id].outcome if test.id in run.outcomes else "missing" for run in runs}
        merged.append(test if len(outcomes) == 1 else replace(test, outcome="flaky"))
    return merged
