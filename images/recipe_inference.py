"""BuildRecipe: how to install a repository and where its tests are, inferred from what its own files say."""

import hashlib
import json
import re
import tomllib
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images.declared_needs import DeclaredNeeds
from images.pytest_config import PytestConfig
from images.requirement_lines import requirements_file
from images.source_tree import SourceTree, is_test_name

_TEST_FOLDERS = ("test", "tests", "testing", "unittests", "_tests")
_BESIDE = ("docs", "doc", "examples", "example", "benchmarks", "benchmark", "scripts", "tools", "perf")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecipe:
    """One candidate: what is installed beside the project (`extras` of it, requirements), and how its tests are run.

    `version` is what a project is told that else asks its version control; `build_constraints` bound what builds it.
    """

    name: str
    project: bool
    extras: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    version: str = ""
    test_paths: tuple[str, ...] = ()
    test_options: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all that the recipe says."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def infer_recipes(tree: SourceTree, declared: DeclaredNeeds, config: PytestConfig) -> list[BuildRecipe]:
    """Return the candidates in the order in which they are worth trying; never empty, none twice.

    What is named for tests comes first: it is what the project's authors install, and less than what is named for
    development. The bare project is last but one, because a missing module is then found by collecting (leads).
    """
    paths, options = test_paths(tree, config), config.options
    tests, more = _wanted(declared.tests), _wanted([*declared.tests, *declared.dev])
    candidates = []
    if declared.installable:
        wanted = [
            ("named for tests", declared.extras, tests),
            ("named for development", (*declared.extras, *declared.dev_extras), more),
            ("the project alone", (), ()),
        ]
        if not declared.extras and not tests:
            wanted.insert(0, wanted.pop())
        for name, extras, needs in wanted:
            candidates.append(BuildRecipe(name=name, project=True, extras=extras, needs=needs))
    candidates.append(BuildRecipe(name="not installed", project=False, needs=_wanted([*_runtime(tree), *tests])))
    unique = {(c.project, c.extras, c.needs): c for c in reversed(candidates)}
    chosen = [c for c in candidates if unique[c.project, c.extras, c.needs] is c]
    return [replace(candidate, test_paths=paths, test_options=options) for candidate in chosen]


def _wanted(needs: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    """Return the requirements but for tools that no test imports, and very large packages; collecting asks for one (leads)."""
    table = tomllib.loads((files("images") / "tools_left_out.toml").read_text())
    left_out = {*table["tools"], *table["heavy"]}
    return tuple(need for need in dict.fromkeys(needs) if canonicalize_name(Requirement(need).name) not in left_out)


def _runtime(tree: SourceTree) -> list[str]:
    return requirements_file("requirements.txt", tree.text)


def test_paths(tree: SourceTree, config: PytestConfig) -> tuple[str, ...]:
    """Return what pytest is given: the project's `testpaths`, else its folders of tests, else its test files.

    Folders come before files, because pytest never leaves out a file that it was given by name, whatever the project's
    `--ignore` or `collect_ignore` says.
    """
    tests = tree.test_files()
    said = [path.rstrip("/").removeprefix("./") for path in config.testpaths if not re.search(r"[*?\[]", path)]
    chosen = [p for p in said if p in (".", "") or p in tests or any(t.startswith(f"{p}/") for t in tests)]
    if chosen:
        return tuple(chosen)
    if not any(map(is_test_name, tests)):
        return tuple(tests)  # pytest takes such names only from whoever gives them
    folders = {_folder(PurePosixPath(test)) for test in tests if not set(PurePosixPath(test).parts) & set(_BESIDE)}
    named = sorted(str(folder) for folder in folders if folder is not None)
    outer = [f for f in named if not any(f.startswith(f"{other}/") for other in named)]
    return tuple(outer) or tuple(tests)


test_paths.__test__ = False  # type: ignore[attr-defined]


def _folder(test: PurePosixPath) -> PurePosixPath | None:
    """Return the outermost folder of the path that is named for tests."""
    for at, part in enumerate(test.parts[:-1]):
        if part in _TEST_FOLDERS:
            return PurePosixPath(*test.parts[: at + 1])
    return None
