"""Programs files: our own lines, rows of CodeContests, and what is no program."""

import json
from pathlib import Path

import pytest

from collectors.programs_file import BadProgram, Lines, parts_of, programs_of, read_part

PROGRAMS = Path(__file__).parent / "programs.jsonl"


def test_a_file_is_read_in_parts() -> None:
    parts = parts_of(PROGRAMS, 5)
    assert [(part.first, part.count) for part in parts] == [(1, 5), (6, 5), (11, 4)]
    whole = parts_of(PROGRAMS, 100)
    read = [[line for part in each for line in read_part(PROGRAMS, part)] for each in (parts, whole)]
    assert read[0] == read[1]
    first = read[0][0]
    assert isinstance(first, list)
    assert (first[0].id, first[0].problem, first[0].tests[0].stdin) == ("sum-loop", "sum", "2\n1 2\n")


def test_parts_of_long_lines_have_fewer(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    line = json.dumps({"id": 1, "program": "x" * 5_000_000, "tests": []}) + "\n"
    path.write_text(line * 5)
    parts = parts_of(path, 10)
    assert [(part.first, part.count) for part in parts] == [(1, 2), (3, 2), (5, 1)]
    assert [len(list(read_part(path, part))) for part in parts] == [2, 2, 1]


def test_the_python_3_solutions_of_a_row_of_code_contests_are_programs() -> None:
    row = {
        "name": "p",
        "public_tests": {"input": ["1"], "output": ["2"]},
        "generated_tests": {"input": ["3"], "output": ["4"]},
        "solutions": {"language": [2, 3], "solution": ["int main()", "right"]},
        "incorrect_solutions": {"language": [3], "solution": ["wrong"]},
    }
    made = programs_of(json.dumps(row).encode(), number=1)
    assert [(p.id, p.text) for p in made] == [("p/solutions/1", "right"), ("p/incorrect_solutions/0", "wrong")]
    assert [(t.stdin, t.expected) for t in made[0].tests] == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 7 is no JSON"),
        ("[1]", "expected an object"),
        ('{"id": "a", "code": "x"}', "line 7 has 'id', 'code': expected id, program and tests"),
        ('{"id": "a", "program": "x", "tests": [{"stdin": "", "output": ""}]}', "each test with stdin and expected"),
        ('{"id": "a", "program": 3, "tests": []}', "expected id, program and tests"),
    ],
)
def test_a_line_without_a_program_is_one_sentence(line: str, words: str) -> None:
    with pytest.raises(BadProgram, match="line 7") as caught:
        programs_of(line.encode(), number=7)
    assert words in str(caught.value)


def test_only_the_first_line_refuses_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text("{}\n")
    with pytest.raises(BadProgram, match=r"programs file .*p.jsonl': line 1 has nothing"):
        parts_of(path, 10)
    path.write_text('{"id": 1, "program": "", "tests": []}\n{}\n')
    one, two = read_part(path, Lines(first=1, offset=0, count=2))
    assert isinstance(one, list)
    assert isinstance(two, BadProgram)
    path.write_text("")
    with pytest.raises(BadProgram, match="is empty"):
        parts_of(path, 10)
