"""What the repairer tries: suspicion of lines, the ranking of edits, and edits as whole lines."""

import re

import pytest

from collectors.changed_lines import changed_lines
from collectors.repairs.clue import Clue
from collectors.repairs.ranking import repairs_of
from collectors.suspicion import Spectrum, frames_of, read_spectrum, suspicions

SHOWN = "m.py:1 failed=2 passed=8\nm.py:2 failed=2 passed=0\nn.py:7 failed=1 passed=0"


def test_a_line_that_only_failing_tests_run_is_the_most_suspicious() -> None:
    scores = suspicions(read_spectrum(SHOWN))
    assert max(scores, key=lambda place: scores[place]) == ("m.py", 2)
    assert scores["m.py", 2] == 1.0
    assert scores["m.py", 1] < scores["n.py", 7]


def test_a_line_that_no_failing_test_runs_has_no_suspicion() -> None:
    assert suspicions(Spectrum(counts={("m.py", 1): (0, 3)})) == {}


def test_the_innermost_line_of_a_traceback_counts_double() -> None:
    message = "tests/t.py:3: in test\n    f()\nm.py:1: in f\n    g()\nE   ValueError"
    assert frames_of(message) == [("tests/t.py", 3), ("m.py", 1)]
    plain, told = suspicions(read_spectrum(SHOWN)), suspicions(read_spectrum(SHOWN), message)
    assert told["m.py", 1] == 2 * plain["m.py", 1]
    assert told["m.py", 2] == plain["m.py", 2]


@pytest.mark.parametrize(
    ("broken", "repaired", "line", "message"),
    [
        ("def f(a):\n    return a < 1\n", "def f(a):\n    return a > 1\n", 2, ""),
        ("def f(a):\n    g(a)\n", "def f(a):\n    return g(a)\n", 2, ""),
        ("def f(a):\n    b = g(a)\n    return None\n", "def f(a):\n    b = g(a)\n    return b\n", 3, ""),
        (
            "def f():\n    return sys.path\n",
            "import sys\ndef f():\n    return sys.path\n",
            2,
            "name 'sys' is not defined",
        ),
        (
            "class A(B):\n    def __init__(self, a):\n        self.a = a\n",
            "class A(B):\n    def __init__(self, a):\n        super().__init__()\n        self.a = a\n",
            3,
            "",
        ),
        (
            "def f(a):\n    x = 1\n    y = 2\n    return y\n\n\ndef g(a):\n    x = 1\n    return x\n",
            "def f(a):\n    x = 1\n    y = 2\n    return y\n\n\ndef g(a):\n    x = 1\n    y = 2\n    return x\n",
            8,
            "",
        ),
        ("def f(a):\n    b = g(a)\n    return\n    h(b)\n", "def f(a):\n    b = g(a)\n    h(b)\n", 2, ""),
        ("for a in b:\n    c = 1\n", "for a in b:\n    c += 1\n", 2, ""),
        ("x = a[:1]\n", "x = a[:-1]\n", 1, ""),
        ("x = a and b\n", "x = a and not b\n", 1, ""),
        ("def f(a=[]):\n    return a\n", "def f(a=None):\n    return a\n", 2, ""),
        ("def f(a):\n    return b\n", "def f(a, b=None):\n    return b\n", 2, "name 'b' is not defined"),
        ("try:\n    f()\nexcept Exception:\n    g()\n", "try:\n    f()\nexcept ValueError:\n    g()\n", 3, ""),
        ("async def f(a):\n    return a()\n", "async def f(a):\n    return await a()\n", 2, ""),
        ("def f(a):\n    return a\n", "def f(a):\n    return list(a)\n", 2, ""),
        ("def f(a, k=1):\n    return g(a)\n", "def f(a, k=1):\n    return g(a, k)\n", 2, ""),
        (
            "class A:\n    def f(self):\n        return 1\n",
            "class A:\n    @property\n    def f(self):\n        return 1\n",
            3,
            "",
        ),
    ],
)
def test_the_repair_is_among_the_edits(broken: str, repaired: str, line: int, message: str) -> None:
    found = [r.edit.apply(broken) for r in repairs_of("m.py", broken, Clue(lines={line: 1.0}, message=message))]
    assert repaired in found
    assert len(set(found)) == len(found)


def test_a_name_is_imported_as_other_files_import_it() -> None:
    source = '"""Say."""\n\n\ndef f():\n    return T.x\n'
    clue = Clue(
        lines={5: 1.0}, message="NameError: name 'T' is not defined", imports=("from p import tokens as T", "import U")
    )
    first = next(iter(repairs_of("m.py", source, clue)))
    assert first.edit.apply(source) == '"""Say."""\nfrom p import tokens as T\n\n\ndef f():\n    return T.x\n'


def test_likely_edits_of_suspicious_lines_come_first_with_their_reason() -> None:
    source = "def f(a):\n    if a < 1:\n        a += 1\n    return a\n"
    first = next(iter(repairs_of("m.py", source, Clue(lines={2: 0.9, 3: 0.3, 4: 0.3}))))
    assert first.reason == "line 2 has suspicion 0.90: perhaps a comparison looks the wrong way (comparison-flip)"


SOURCE = "x = 1\nx = 1\nq = 0\n"


@pytest.mark.parametrize(
    "after", ["y = 2\nx = 1\nq = 0\n", "x = 1\nz = 3\nx = 1\nq = 0\n", "x = 1\nq = 0\n", "x = 1\nx = 1\n"]
)
def test_a_change_becomes_whole_lines_that_stand_once(after: str) -> None:
    old, new = changed_lines(SOURCE, after)
    assert re.findall(f"^{old}", SOURCE, re.MULTILINE) == [old]
    assert re.sub(f"^{old}", new, SOURCE, flags=re.MULTILINE) == after
