"""Builds, for real."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from images.build import build_image
from images.build_settings import BuildSettings
from images.docker_container import DockerContainer
from images.engine import Engine
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind
from tests.conftest import sample_files
from tests.images.test_sources import NO_PIP

pytestmark = pytest.mark.docker

SPEC = RepositorySpec(text="ledger", kind=SourceKind.PATH, location="/ledger", revision=None)


def test_the_sample_becomes_an_executable_image(engine: Engine, base: str) -> None:
    record = build_image(engine, SPEC, SourceTree(files=sample_files()), BuildSettings())
    assert (record.status, record.licence) == ("executable", "MIT")
    assert len(record.passing()) == 6
    with DockerContainer(engine, record.image) as container:
        log = container.run(["git", "log", "--oneline", "--all"]).text
        assert len(log.splitlines()) == 1
        assert container.run(["git", "status", "--porcelain"]).text == ""
        assert container.run(["find", ".", "-name", "__pycache__"]).text == ""


def test_an_image_says_what_it_is_and_brings_its_tree_back(engine: Engine, base: str) -> None:
    record = build_image(engine, SPEC, SourceTree(files=sample_files()), BuildSettings())
    labels = engine.labels(record.image)
    assert not labels["worldline.owner"], "a container that a user starts from it would look like one of ours"
    assert labels["worldline.source"] == record.source_digest
    assert labels["worldline.recipe"] == record.recipe_digest
    assert labels["worldline.kind"] == "repository"
    assert {test.pass_rate for test in record.tests} == {1.0}
    with DockerContainer(engine, record.image) as container:
        assert container.run(["id", "-u"]).text == "10001\n"
        assert (
            container.run(["sh", "-c", "ls .git/logs .git/hooks; git remote; git stash list"]).text.count("No such")
            == 2
        )
        container.put({"ledger.py": b"broken", "new.py": b"", "evaluate.sh": record.evaluation_script.encode()})
        assert container.run(["sh", "evaluate.sh"]).exit_code != 0
        container.run(record.restore_command)
        assert container.run(["git", "status", "--porcelain"]).text == ""
        assert container.run(["sh", "-c", record.evaluation_script]).exit_code == 0


def test_repositories_with_the_same_needs_share_their_layer(engine: Engine, base: str) -> None:
    needs = {"requirements.txt": b"inflection==0.5.1\n", "a.py": b""}
    images = []
    for number in (1, 2):
        test = f"import inflection\ndef test_{number}(): assert {number}\n".encode()
        record = build_image(engine, SPEC, SourceTree(files={**needs, "test_a.py": test}), BuildSettings())
        assert record.executable, record.reason
        images.append(record.image)
    layers = {engine.labels(image)["worldline.base"] for image in images}
    assert len(layers) == 1
    assert layers.pop().startswith("worldline/deps:")


def test_a_module_that_only_collecting_names_is_installed_from_what_the_project_declares(
    engine: Engine, base: str
) -> None:
    files = {
        "a.py": b"",
        "test_a.py": b"import inflection\ndef test_a(): pass\n",
        "Makefile": b"t:\n\tpip install inflection\n",
    }
    record = build_image(engine, SPEC, SourceTree(files=files), BuildSettings())
    assert (record.status, len(record.attempts)) == ("executable", 2)
    assert any(line.startswith("inflection==") for line in record.packages)


GOOD = b"".join(b"def test_%d(): pass\n" % number for number in range(9))


def _lacking(requirement: bytes) -> SourceTree:
    make = b"t:\n\tpip install '" + requirement + b"'\n"
    return SourceTree(
        files={
            "a.py": b"",
            "test_a.py": GOOD,
            "test_b.py": b"import inflection\ndef test_b(): pass\n",
            "Makefile": make,
        }
    )


def test_a_good_image_is_left_for_one_that_has_what_its_failures_lacked(engine: Engine, base: str) -> None:
    record = build_image(engine, SPEC, _lacking(b"inflection"), BuildSettings())
    assert (record.status, len(record.passing()), record.collection_errors) == ("executable", 10, 0)
    assert [attempt.reason.partition(":")[0] for attempt in record.attempts] == ["lacks", ""]
    assert "# seconds by stage: system" in record.attempts[1].log


def test_a_good_image_is_taken_again_when_the_better_one_cannot_be_had(engine: Engine, base: str) -> None:
    record = build_image(engine, SPEC, _lacking(b"inflection==99"), BuildSettings())
    assert (record.status, len(record.passing()), record.collection_errors) == ("executable", 9, 1)
    ended = [attempt.reason.partition(":")[0] for attempt in record.attempts]
    assert ended == ["lacks", "install-conflict", ""]


@pytest.mark.slow
def test_a_test_that_takes_more_memory_than_there_is_costs_only_itself(engine: Engine, base: str) -> None:
    test = b"def test_big(): assert len(b'x' * (3 << 30))\n" + GOOD
    record = build_image(engine, SPEC, SourceTree(files={"a.py": b"", "test_a.py": test}), BuildSettings(test_runs=1))
    assert (record.status, len(record.passing())) == ("executable", 9)
    assert "died in this test (exit code 137)" in record.tests[0].message


@pytest.mark.slow
def test_a_project_that_refuses_the_patch_release_gets_another_python(engine: Engine, base: str) -> None:
    project = b"[project]\nname = 'a'\nversion = '1'\nrequires-python = '>=3.11.99'\n"
    project += b"[tool.setuptools]\npy-modules = ['a']\n"
    files = {"pyproject.toml": project, "a.py": b"", "test_a.py": b"def test_a(): pass\n"}
    record = build_image(engine, SPEC, SourceTree(files=files), BuildSettings())
    assert (record.status, record.python_version) == ("executable", "3.13")
    assert [attempt.reason.partition(":")[0] for attempt in record.attempts] == ["wrong-python", ""]


@pytest.mark.slow
def test_what_nothing_else_mends_is_tried_with_the_packages_of_its_day(engine: Engine, base: str) -> None:
    test = b"from importlib.metadata import version\ndef test_a(): assert version('inflection') == '0.3.1'\n"
    files = {"requirements.txt": b"inflection\n", "a.py": b"", "test_a.py": test}
    tree = SourceTree(files=files, dated=datetime(2020, 1, 1, tzinfo=UTC))
    record = build_image(engine, SPEC, tree, BuildSettings(test_runs=1))
    assert (record.status, record.as_of[:10]) == ("executable", "2020-01-01")
    assert record.attempts[0].reason.startswith("tests-fail: ")


def test_a_build_as_of_a_date_takes_the_packages_of_its_day(engine: Engine, base: str) -> None:
    files = {"requirements.txt": b"inflection\n", "a.py": b"", "test_a.py": b"def test_a(): pass\n"}
    record = build_image(engine, SPEC, SourceTree(files=files), BuildSettings(as_of="2020-01-01"))
    assert "inflection==0.3.1" in record.packages


def test_nothing_of_the_hosts_pip_stays_in_an_image(engine: Engine, base: str) -> None:
    with DockerContainer(engine, base) as container:
        found = container.run(
            ["sh", "-c", "ls /run/worldline 2>/dev/null; env; cat /etc/pip.conf ~/.config/pip/pip.conf"]
        )
        assert "PIP_" not in found.text
        assert "ca.pem" not in found.text


def test_a_broken_build_is_a_record_with_its_class(engine: Engine, base: str) -> None:
    files = {
        "a.py": b"",
        "test_a.py": b"",
        "setup.py": b"raise SystemExit('no')",
        "pyproject.toml": b"[build-system]\nrequires = ['setuptools']\n",
    }
    record = build_image(engine, SPEC, SourceTree(files=files), BuildSettings())
    assert record.status == "failed"
    assert record.reason.startswith("resolve: ")
    assert [attempt.recipe for attempt in record.attempts] == ["the project alone", "not installed"]
    assert "exit code 1" in record.attempts[0].log


def test_failing_tests_are_counted_not_hidden(engine: Engine, base: str) -> None:
    files = {"a.py": b"", "test_a.py": b"def test_a(): pass\ndef test_b(): assert 0\n"}
    record = build_image(engine, SPEC, SourceTree(files=files), BuildSettings())
    assert record.reason == "tests-fail: 50% of 2 tests pass, 80% are needed"


def test_a_release_is_fetched_from_the_index_and_not_run() -> None:
    from images.host_pip import read_host_pip
    from images.spec import parse_spec

    tree = fetch(parse_spec("pypi:inflection==0.5.1"), pip=read_host_pip())
    assert tree.source_files() == ["inflection/__init__.py"] or "inflection.py" in tree.source_files()
    assert not list(Path.cwd().glob("inflection*"))
    assert NO_PIP.index_urls[0].startswith("https://")
