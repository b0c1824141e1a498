"""Which lines of requirement files are requirements."""

import pytest

from images.requirement_lines import poetry_requirements, requirement_lines, requirements_file


def test_options_addresses_and_comments_are_no_requirements() -> None:
    text = "# all\n-e .\npytest>=7  # newest\n--index-url https://x\na @ https://x/a.whl\nb[c]==1 ; python_version<'4'\n./d\n"
    assert requirement_lines(text) == ["pytest>=7", 'b[c]==1; python_version < "4"']


def test_hashes_and_continuations_are_cut_off() -> None:
    assert requirement_lines("pytest==9.2.0 \\\n    --hash=sha256:abc\n") == ["pytest==9.2.0"]


def test_included_files_are_read_beside_the_file_and_a_ring_once() -> None:
    files = {
        "req/test.txt": "-r base.txt\n-r ../all.txt\npytest\n",
        "req/base.txt": "six\n-r test.txt\n",
        "all.txt": "attrs\n",
    }
    assert requirements_file("req/test.txt", files.get) == ["six", "attrs", "pytest"]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("^1.2.3", "a<2,>=1.2.3"),
        ("^0.2", "a<0.3,>=0.2"),
        ("~1.2", "a<1.3,>=1.2"),
        ("*", "a"),
        (">=1,<3", "a<3,>=1"),
        ("1.5", "a==1.5"),
    ],
)
def test_poetry_versions_become_specifiers(version: str, expected: str) -> None:
    assert poetry_requirements({"a": version, "python": "^3.8", "b": {"git": "https://x"}}) == [expected]
