"""The tools, in every kind of container: what the agent sees, and what happens to the files."""

import pytest

from collectors.actions import Action, Observation, cut_in_the_middle, format_call, format_edit, parse_action
from collectors.tools import TOOLS, perform
from images.container import Container


def _do(container: Container, tool: str, body: str) -> Observation:
    return perform(container, Action(thought="", tool=tool, body=body), seconds=20)


def test_the_shell_goes_on_and_says_what_went_wrong(container: Container) -> None:
    assert _do(container, "bash", "cd tests; word=here").exit_code == 0
    assert _do(container, "bash", "echo $word; pwd").text == f"here\n{container.root}/tests\n"
    seen = _do(container, "bash", "echo out; echo err >&2; (exit 3)")
    assert (seen.text, seen.exit_code) == ("out\nerr\n[exit code 3]", 3)


def test_a_command_that_is_too_slow_is_ended(container: Container) -> None:
    seen = perform(container, Action(thought="", tool="bash", body="echo begun; sleep 60"), seconds=1)
    assert (seen.text, seen.exit_code) == ("begun\n[ended after 1 s]", 124)


def test_endless_output_is_counted(container: Container) -> None:
    seen = _do(container, "bash", "head -c 5000000 /dev/zero | tr '\\0' x")
    assert seen.output_bytes == 5_000_000 and len(seen.text) < 1_100_000
    assert "bytes left out" in seen.text


def test_files_are_made_once_and_shown_with_line_numbers(container: Container) -> None:
    assert _do(container, "create", "new folder/a b.py\nx = 1\ny = 2").text == "Created new folder/a b.py."
    assert _do(container, "create", "new folder/a b.py\nz").text == "new folder/a b.py exists already: use edit."
    assert _do(container, "view", "new folder/a b.py").text == "    1|x = 1\n    2|y = 2"
    assert _do(container, "view", "new folder/a b.py 2-9").text == "    2|y = 2"


@pytest.mark.parametrize(
    ("tool", "body", "words"),
    [
        ("create", "", "Give a path"),
        ("create", "tests\nx", "exists already"),
        ("create", "ledger.py/x.py\nx", "could not be written"),
        ("create", f"{'n' * 300}\nx", "could not be written"),
        ("view", "", "Give a path"),
        ("view", "no.py", "There is no file 'no.py'."),
        ("view", "tests", "There is no file 'tests'."),
        ("edit", "ledger.py", "The edit was not understood"),
        ("edit", format_edit("ledger.py", "", "x\n"), "The edit was not understood"),
        ("edit", format_edit("no.py", "a\n", "b\n"), "There is no file 'no.py'."),
        ("edit", format_edit("ledger.py", "not there\n", ""), "stand 0 times"),
        ("edit", format_edit("ledger.py", "\n", ""), "times in ledger.py: exactly once is needed"),
        ("bash", "echo \0", "NUL"),
        ("dance", "x", "There is no tool 'dance': there are bash, test"),
    ],
)
def test_what_cannot_be_done_is_said(container: Container, tool: str, body: str, words: str) -> None:
    seen = _do(container, tool, body)
    assert words in seen.text and seen.exit_code


def test_an_edit_changes_whole_lines_alone_and_keeps_all_other_bytes(container: Container) -> None:
    before = b"\xff\xfe\r\nTitle\n=======\nxa\na\nend"
    container.put({"odd.py": before})
    assert _do(container, "edit", format_edit("odd.py", "a\n", "b\n")).text == "Edited odd.py."
    assert _do(container, "edit", format_edit("odd.py", "Title\n=======\n", "Name\n=======\n")).exit_code == 0
    assert _do(container, "edit", format_edit("odd.py", "end\n", "last\n")).exit_code == 0
    assert container.get(["odd.py"])["odd.py"] == b"\xff\xfe\r\nName\n=======\nxa\nb\nlast"


@pytest.mark.parametrize(
    "text", ["[tool.pytest", "[tool.pytest]\nini_options = 3", "[tool.pytest.ini_options]\naddopts = 5"]
)
def test_a_broken_configuration_is_an_observation(local: Container, text: str) -> None:
    local.put({"pyproject.toml": text.encode()})
    seen = _do(local, "test", "tests/test_ledger.py")
    assert "passed" in seen.text or seen.text.startswith("The tests did not run to their end.")


def test_tests_run_by_file_and_by_id(container: Container) -> None:
    assert _do(container, "test", "tests/test_ledger.py").text == "6 passed, 0 failed"
    assert _do(container, "test", "tests/test_ledger.py::test_largest").text == "1 passed, 0 failed"
    container.put({"tests/test_bad.py": b"def test_a():\n    assert 1 == 2\n"})
    seen = _do(container, "test", "tests/test_bad.py")
    assert seen.text.startswith("FAILED tests/test_bad.py::test_a") and seen.text.endswith("0 passed, 1 failed")


def test_a_long_text_is_cut_in_the_middle_and_says_so() -> None:
    assert cut_in_the_middle("a" * 10, 10) == "a" * 10
    assert cut_in_the_middle("ab" * 10, 5) == "ab\n[... 16 characters left out ...]\nab"


@pytest.mark.parametrize("body", ["x", "a </tool> b", "", "<tool: bash>\nls\n</tool>"])
@pytest.mark.parametrize("tool", TOOLS)
def test_a_call_survives_being_written(tool: str, body: str) -> None:
    assert parse_action(format_call("Why.", tool, body)) == Action(thought="Why.", tool=tool, body=body)


def test_addresses_are_left_out_of_what_tests_say(local: Container) -> None:
    local.put({"tests/test_bad.py": b"def test_a():\n    assert object() == 3\n"})
    seen = _do(local, "test", "tests/test_bad.py")
    assert "<object object at 0x...> == 3" in seen.text and seen.exit_code == 1
