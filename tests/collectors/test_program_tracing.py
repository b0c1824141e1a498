"""Program-level traces: right and wrong programs, judged by what they print, and what is dropped."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from collectors.program_tracing import ProgramSettings, ProgramTrace, ProgramTracer, balanced, same_output
from collectors.programs_file import Program, ProgramTest, parts_of, read_part
from images.container import Container
from images.local_container import LocalContainer
from model.parse import parse
from model.render import render, to_text
from tests.interpreters import interpreters
from trajectories.frame import FrameKind
from trajectories.trace_record import Trace
from trajectories.trace_table import traces_of
from trajectories.trajectory import Outcome

PROGRAMS = Path(__file__).parent / "programs.jsonl"
SETTINGS = ProgramSettings(seconds=1.0)


def _size(trace: Trace) -> int:
    return len(to_text(render(trace)).encode())


def _programs() -> Iterator[Program]:
    for line in read_part(PROGRAMS, parts_of(PROGRAMS, 100)[0]):
        assert isinstance(line, list)
        yield from line


def _traced(container: Container, programs: list[Program], settings: ProgramSettings = SETTINGS) -> list[ProgramTrace]:
    return ProgramTracer(container, settings, _size, seed=0).trace(programs)


@lru_cache(maxsize=1)
def _all() -> list[ProgramTrace]:
    with LocalContainer() as container:
        return _traced(container, list(_programs()))


def _program(text: str, *tests: tuple[str, str]) -> Program:
    made = tuple(ProgramTest(stdin=stdin, expected=expected) for stdin, expected in tests)
    return Program(id="p", problem="p", text=text, tests=made)


def _only(made: ProgramTrace) -> tuple[Trace, Outcome]:
    assert made.columns is not None, made.reason
    [found] = traces_of(made.columns)
    return found


def test_the_verdict_is_what_the_program_prints() -> None:
    right = {made.run.program.id for made in _all() if made.right}
    assert right == {
        "sum-loop",
        "sum-builtin",
        "factorial-recursive",
        "stack-class",
        "count-slowly",
        "count-large-values",
        "count-random",
    }
    outcomes = {made.right: _only(made)[1] for made in _all() if made.columns}
    assert outcomes == {True: Outcome.SOLVED, False: Outcome.FAILED}


def test_what_is_dropped_says_why() -> None:
    assert {made.run.program.id: made.reason for made in _all() if made.columns is None} == {
        "factorial-endless": "took too long",
        "count-slowly": "over 10,000 line events",
        "count-no-python": "could not be compiled",
        "count-random": "was not the same when traced again",
    }


def test_as_many_traces_of_right_programs_are_kept_as_of_wrong_ones() -> None:
    chosen = balanced(_all(), seed=0)
    kept = [made for made in _all() if made.id in chosen]
    wrong = sum(made.columns is not None and not made.right for made in _all())
    assert sum(made.right for made in kept) == sum(not made.right for made in kept) == wrong == 7
    assert balanced(_all(), seed=0) == chosen
    assert len({made.run.program.id for made in kept if made.right}) == 5


def test_a_program_is_laid_out_from_its_first_line() -> None:
    made = next(made for made in _all() if made.run.program.id == "factorial-recursive" and made.run.test == 1)
    trace, _ = _only(made)
    assert trace.source == f"  # << START_OF_TRACE\n{made.run.program.text}\n# << STDIN\n# 1\n"
    call, first, *_ = trace.frames
    assert (call.kind, call.line_number, call.source_line, call.locals) == (FrameKind.CALL, 0, "\n", {})
    assert (first.line_number, first.source_line, first.function) == (1, "def f(n):\n", "<module>")
    assert trace.frames[2].locals == {"f": "<function f>"}
    assert trace.entry == "factorial-recursive:<module>"
    assert [frame.locals for frame in parse(render(trace))[1]] == [frame.locals for frame in trace.frames]


_ON_EACH = "n: int = int(input())\nclass C:\n    size = n\n\ndef f(x):\n    return x + C.size\n\nprint(f(1))\n"


@pytest.mark.parametrize("version", interpreters())
def test_a_program_is_laid_out_in_the_same_way_on_each_interpreter(version: str) -> None:
    with LocalContainer(python=interpreters()[version]) as container:
        [made] = _traced(container, [_program(_ON_EACH, ("4", "5"))])
    trace, _ = _only(made)
    assert (trace.python.rpartition(".")[0], trace.frames[0].source_line) == (version, "\n")
    steps = [(f.kind.value, f.line_number, f.locals) for f in trace.frames if f.function == "<module>"]
    known = {"n": "4", "C": "<class '__main__.C'>"}
    assert steps[:3] == [("call", 0, {}), ("line", 1, {}), ("line", 2, {"n": "4"})]
    assert steps[3:] == [
        ("line", 5, known),
        ("line", 8, {**known, "f": "<function f>"}),
        ("return", 8, {}),
    ]


def test_only_what_the_interpreter_puts_into_a_module_is_left_out(local: LocalContainer) -> None:
    [made] = _traced(local, [_program("__author__ = 'x'\n__name__ = 'y'\nz = __file__\n", ("", ""))])
    last = _only(made)[0].frames[-2]
    assert last.locals == {"__author__": "'x'"}


def test_programs_are_traced_in_a_container(container: Container) -> None:
    [made] = _traced(container, [_program("print(input()[::-1])\n", ("abc\n", "cba\n"))])
    trace, outcome = _only(made)
    assert (outcome, [frame.kind.value for frame in trace.frames]) == (Outcome.SOLVED, ["call", "line", "return"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("xs = []\nfor i in range(99):\n    xs = ['a' * 500 + str(i)]\n", "over 20,000 bytes"),
        ("import os, time\nprint(time.time_ns())\n", "printed something else when it ran again"),
        ("import os, sys\nsys.settrace(None)\nos._exit(0)\n", "died"),
        ("import os\nos.kill(os.getppid(), 9)\n", "died"),
        (
            "import json\nwords = open('/proc/self/cmdline').read().split('\\0')\n"
            "if len(words) > 3: open(json.loads(words[2])['stream'], 'w').write('x' * 99)\n",
            "wrote into the tracer's stream",
        ),
    ],
)
def test_a_trace_that_cannot_be_kept_is_dropped(local: LocalContainer, text: str, reason: str) -> None:
    [made] = _traced(local, [_program(text, ("", "x"))], ProgramSettings(size=20_000))
    assert (made.columns, made.reason) == (None, reason)


def test_the_same_run_of_the_same_program_is_traced_once(local: LocalContainer) -> None:
    program = _program("print(1)\n", ("", "1"), ("", "1"))
    assert len(_traced(local, [program, program])) == 1


def test_outputs_are_compared_line_by_line() -> None:
    assert same_output(b"1 2 \n3\n\n", "1 2\n3")
    assert not same_output(b"1  2\n3", "1 2\n3")
    assert not same_output(b"\n1", "1")


@pytest.mark.parametrize(("true_repr", "shown"), [(True, "P(3)"), (False, "<P n=3>")])
def test_an_object_shows_itself_where_the_program_is_trusted(true_repr: bool, shown: str) -> None:
    told = "    def __init__(self, n): self.n = n\n    def __repr__(self): return f'P({self.n})'\n"
    text = f"class P:\n{told}p = P(3)\nprint(p.n)\n"
    with LocalContainer() as container:
        settings = ProgramSettings(seconds=1.0, balanced=False, true_repr=true_repr)
        [made] = _traced(container, [_program(text, ("", "3\n"))], settings)
    assert _only(made)[0].frames[-2].locals["p"] == shown
