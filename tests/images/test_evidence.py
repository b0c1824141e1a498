"""What the output of builds and tests shows: classes of failures, Debian packages, and requirements."""

import pytest

from images.failure_classes import classify
from images.leads import find_leads
from images.source_tree import SourceTree
from images.system_packages import missing_packages, packages_of, packages_of_programs, toolchain


@pytest.mark.parametrize(
    ("text", "stage", "expected"),
    [
        ("the test run died in this test (exit code 137)", "tests", "crash"),
        ("src/x.c:1: fatal error: ffi.h: No such file or directory", "install", "compiler"),
        ("error: can't find Rust compiler", "install", "needs-rust"),
        ("  x No solution found when resolving dependencies", "resolve", "install-conflict"),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "tests", "needs-network"),
        ("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379", "tests", "needs-service"),
        ("ModuleNotFoundError: No module named 'a'", "collection", "missing-module"),
        ("OSError: [Errno 28] No space left on device", "install", "disk-full"),
        ("nothing that is known", "install", "install"),
    ],
)
def test_failures_have_a_class(text: str, stage: str, expected: str) -> None:
    assert classify(text, stage=stage) == expected


def test_headers_libraries_and_commands_name_debian_packages() -> None:
    assert "libffi-dev" in missing_packages("c/_cffi.c:15:10: fatal error: ffi.h: No such file or directory")
    assert "libpq-dev" in missing_packages("/usr/bin/ld: cannot find -lpq: No such file")
    assert missing_packages("FileNotFoundError: [Errno 2] No such file or directory: 'less'") == {"less"}
    assert set(toolchain()) <= missing_packages("error: command 'gcc' failed: No such file or directory")
    assert missing_packages("all is well") == frozenset()


def test_sources_in_c_ask_for_a_compiler_and_known_projects_for_more() -> None:
    files = {"setup.py": b"setup(ext_modules=[Extension('a', ['a.c'])])", "a.c": b""}
    assert packages_of(SourceTree(files=files), "a") == set(toolchain())
    assert "libxml2-dev" in packages_of(SourceTree(files=files), "lxml")
    assert packages_of(SourceTree(files={"setup.py": b"setup()", "tests/a.c": b""}), "a") == frozenset()


def test_programs_that_tests_start_name_debian_packages() -> None:
    test = (
        b"import os, subprocess as sp\nsp.Popen('ps -x 2> /dev/null', shell=True)\nsp.run(['/usr/bin/less', 'a'])\n"
        b"os.popen(f'{1}')\nsp.run([])\nsp.run('git log')\nprint('zip')\nrun('')\n"
    )
    assert packages_of_programs(SourceTree(files={"test_a.py": test, "a.py": b"run('zip')"})) == {"procps", "less"}
    assert packages_of_programs(SourceTree(files={"test_a.py": b"def ("})) == frozenset()


def test_a_missing_module_leads_to_what_the_project_names_then_to_the_table() -> None:
    text = "E   ModuleNotFoundError: No module named 'yaml'\nE   ModuleNotFoundError: No module named 'odd_name.sub'"
    assert find_leads(text, ["PyYAML>=6", "odd-name<3"]) == ["PyYAML>=6", "odd-name<3"]
    assert find_leads(text, []) == ["pyyaml"]
    assert find_leads("/opt/venv/bin/python: No module named yaml\n", []) == ["pyyaml"]


def test_a_strangers_name_is_never_installed() -> None:
    assert find_leads("No module named 'totally_unknown_thing'", []) == []


def test_modules_of_the_project_are_no_leads() -> None:
    assert find_leads("No module named 'redis'", [], frozenset({"redis"})) == []


def test_of_several_declared_for_a_module_the_one_counts_whose_marker_holds() -> None:
    declared = [
        "odd-name==1; platform_python_implementation == 'PyPy'",
        "odd-name>=2; python_version >= '3.10'",
        "odd-name<2",
    ]
    text = "No module named 'odd_name'"
    assert find_leads(text, declared, python="3.11") == [declared[1]]
    assert find_leads(text, declared, python="3.9") == [declared[2]]


def test_options_of_plugins_that_pytest_does_not_know_lead_to_them() -> None:
    assert find_leads("INTERNALERROR> pytest.PytestConfigWarning: Unknown config option: timeout", []) == [
        "pytest-timeout"
    ]
    assert find_leads("Unknown config option: asyncio_default_fixture_loop_scope", []) == ["pytest-asyncio"]


def test_a_suite_that_knows_the_inside_of_an_older_pytest_gets_one() -> None:
    assert find_leads("AttributeError: module '_pytest.monkeypatch' has no attribute 'notset'", []) == ["pytest<9"]


def test_fixtures_and_phrases_lead_to_plugins() -> None:
    assert find_leads("E  fixture 'mocker' not found", []) == ["pytest-mock"]
    assert find_leads("fixture 'odd' not found", ["pytest-odd==2"]) == ["pytest-odd==2"]
    assert find_leads("PytestUnknownMarkWarning: Unknown pytest.mark.no_cover - is this", []) == ["pytest-cov"]
    text = "async def functions are not natively supported."
    assert find_leads(text, ["anyio>=3"]) == ["anyio>=3"]
    assert find_leads(text, []) == ["pytest-asyncio"]
