"""Suites that ask for pytest-xdist, in its options or in a conftest: one process runs them, and everything is seen."""

import pytest

from collectors.line_coverage import map_coverage
from collectors.repository_traces import CutSettings, RepositoryTracer
from collectors.tracing import TraceLimits
from images.build import build_image
from images.build_settings import BuildSettings
from images.docker_container import DockerContainer
from images.engine import Engine
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.usefixtures("base")]

PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "spread"
version = "1"
optional-dependencies = { test = ["pytest-xdist"] }
[tool.setuptools]
py-modules = ["spread"]
[tool.pytest.ini_options]
addopts = "-n 2"
"""
CONFTEST = """
def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.option.numprocesses, config.option.tx, config.option.dist = 2, ["popen", "popen"], "load"
"""
TESTS = """
import spread
def test_single(): assert spread.single(3) == 3
def test_double(worker_id): assert (worker_id, spread.double(2)) == ("master", 4)
"""
SOURCE = "def single(n):\n    once = n\n    return once\ndef double(n):\n    twice = 2 * n\n    return twice\n"


@pytest.mark.parametrize("conftest", ["", CONFTEST], ids=["options", "conftest"])
def test_a_suite_that_spreads_over_workers_is_seen_whole(engine: Engine, conftest: str) -> None:
    texts = {
        "pyproject.toml": PROJECT,
        "spread.py": SOURCE,
        "tests/conftest.py": conftest,
        "tests/test_spread.py": TESTS,
    }
    tree = SourceTree(files={name: text.encode() for name, text in texts.items()})
    spec = RepositorySpec(text="spread", kind=SourceKind.PATH, location="/spread", revision=None)
    record = build_image(engine, spec, tree, BuildSettings())
    assert "pytest-xdist" in " ".join(record.packages)
    tests = ["tests/test_spread.py::test_single", "tests/test_spread.py::test_double"]
    assert (record.status, record.reason, record.passing()) == ("executable", "", tests)
    sources = {"spread.py": SOURCE}
    with DockerContainer(engine, record.image) as container:
        reached = map_coverage(container, tests, sources)
        made = RepositoryTracer(container, sources, TraceLimits(), CutSettings(), digest=tree.digest).trace(reached)
    assert {(r.test, r.function.name, r.outcome) for r in reached} == {
        (tests[0], "single", "passed"),
        (tests[1], "double", "passed"),
    }
    heads = [head for columns in made.columns for head in columns.heads]
    assert sorted(head.entry for head in heads) == ["spread.py:double", "spread.py:single"]
