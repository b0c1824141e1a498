"""The programs' benchmark tells a program that changes under an engine from one that does not."""

import sys
from pathlib import Path

import pytest

from benchmarks.harmless_programs import Target, apart, compare, together

NONE = Target(python=sys.executable, engine=None, native=None)
SETTRACE = Target(python=sys.executable, engine="settrace", native=None)
QUIET = "def main():\n    return [value for value in (1, 2)]\n"
NOTICES = "import sys\ndef main():\n    print(sys.gettrace() is None)\n    return 1\n"


def _files(folder: Path, *texts: str) -> list[Path]:
    files = [folder / f"program_{number}.py" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return files


@pytest.mark.parametrize("way", [together, apart])
def test_a_program_that_notices_the_engine_is_named(tmp_path: Path, way) -> None:
    files = _files(tmp_path, QUIET + "main()\n", NOTICES + "main()\n")
    [claim] = compare("here", [NONE, SETTRACE], files, way)
    assert not claim.holds
    assert claim.value.startswith("1 of 2 programs") and claim.value.endswith("other: program_1")


def test_ends_are_told_apart(tmp_path: Path) -> None:
    ends = ("sys.exit(7)", "sys.exit('text')", "import os; os._exit(9)", "1 / 0", "print('out')")
    files = _files(tmp_path, *(f"import sys\ndef main(): return 1\nmain()\n{end}\n" for end in ends))
    assert apart(NONE, files) == [
        "('', 7, [])",
        "('', 1, ['text'])",
        "('', 9, [])",
        "('', 1, ['ZeroDivisionError: division by zero'])",
        "('out\\n', 0, [])",
    ]
    [claim] = compare("here", [NONE, SETTRACE], files, apart)
    assert claim.holds, claim.value
