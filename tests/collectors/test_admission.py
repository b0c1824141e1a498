"""Which files of an agent's tree reach the judge."""

import pytest

from collectors.admission import why_refused

SOURCES = {"setup_tools.py", "src/pack/__init__.py", "src/pack/core.py", "src/single.py"}


@pytest.mark.parametrize("path", [*SOURCES, "src/pack/more.py", "src/pack/types.py", "src/other.py", "top.py"])
def test_sources_and_new_modules_beside_them_do(path: str) -> None:
    assert why_refused(path, SOURCES) == ""


@pytest.mark.parametrize(
    "path",
    [
        "conftest.py", "src/conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "x.pth", ".git/config",
        "src/pack/test_more.py", "tests/more.py", "src/sitecustomize.py", "src/types.py", "pytest.py", "src/worldline_x.py",
        "_pytest/__init__.py", "elsewhere/more.py", "/etc/more.py", "../more.py", "src/pack/../../x.py", "src/pack/more.so",
    ],
)  # fmt: skip
def test_what_runs_or_replaces_tests_does_not(path: str) -> None:
    assert why_refused(path, SOURCES)
