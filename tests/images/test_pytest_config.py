"""What of a project's own pytest options reaches our runs."""

from images.container import Container
from images.health import TestSelection, run_tests
from images.pytest_config import keep_options, read_config


def test_what_selects_tests_is_kept_and_what_reports_is_dropped() -> None:
    words = (
        "-m",
        "not stress",
        "--cov=src",
        "-n",
        "auto",
        "-ra",
        "-v",
        "-knot slow",
        "--ignore",
        "old",
        "--strict-markers",
    )
    assert keep_options(words) == ["-m", "not stress", "-k", "not slow", "--ignore=old"]


def test_plugins_are_kept_but_for_those_that_spread_or_measure() -> None:
    assert keep_options(("-p", "pytester", "-pxdist", "-p", "pytest_cov")) == ["-p", "pytester"]


def test_a_last_option_without_its_value_is_dropped() -> None:
    assert keep_options(("-m",)) == []


def test_the_first_file_with_a_section_is_the_configuration() -> None:
    files = {
        "pyproject.toml": b"[tool.pytest.ini_options]\naddopts = ['-m', 'not big']\ntestpaths = ['tests']\n",
        "tox.ini": b"[pytest]\naddopts = -m other\n",
    }
    config = read_config(files)
    assert (config.options, config.testpaths) == (("-m", "not big"), ("tests",))
    assert read_config({**files, "pytest.ini": b""}).options == ()
    assert read_config({"tox.ini": files["tox.ini"]}).options == ("-m", "other")


def test_setup_cfg_may_quote() -> None:
    config = read_config({"setup.cfg": b'[tool:pytest]\naddopts = -ra -k "not (a or b)"\n  --deselect t.py::x\n'})
    assert config.options == ("-k", "not (a or b)", "--deselect=t.py::x")


def test_files_that_cannot_be_read_say_nothing() -> None:
    assert (
        read_config({"pyproject.toml": b"[[", "setup.cfg": b"=", "tox.ini": b"[pytest]\naddopts = 'open"}).options == ()
    )


def test_a_run_leaves_out_what_the_project_leaves_out(container: Container) -> None:
    text = b"import pytest\n@pytest.mark.big\ndef test_big(): pass\ndef test_small(): pass\n"
    options = b"[pytest]\nmarkers = big\naddopts = -m 'not big' --cov=. -n 4\nrequired_plugins = pytest-nowhere\n"
    container.put({"test_marked.py": text, "pytest.ini": options})
    run = run_tests(container, TestSelection(paths=["test_marked.py"]))
    assert list(run.outcomes) == ["test_marked.py::test_small"]
