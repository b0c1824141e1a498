"""`worldline trace` on programs, modules, functions and tests of one's own."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from model.parse import parse, split_text
from tests.interpreters import interpreters
from trajectories.rows import from_row
from trajectories.trajectory import Outcome

_COMMAND = [sys.executable, "-m", "pipelines.cli", "trace"]
_ROOT = Path(__file__).parents[2]
_FILES = {
    "tally.py": "def tally(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total\n",
    "program.py": (
        "import sys\nfrom beside import twice\n\nname = input('name? ')\n"
        "if __name__ == '__main__':\n    print(twice(name), len(sys.argv))\n    sys.exit(3)\n"
    ),
    "beside.py": "print('imported')\n\ndef twice(x):\n    return x + x\n",
    "pkg/__init__.py": "",
    "pkg/__main__.py": "import sys\nfrom .inner import half\nprint(half(int(sys.argv[1])))\n",
    "pkg/inner.py": "from . import deep\n\ndef half(x):\n    return deep.shift(x)\n",
    "pkg/deep.py": "def shift(x):\n    return x >> 1\n",
    "tests/test_pkg.py": (
        "import pytest\nfrom pkg.inner import half\n\n\ndef test_half():\n    assert half(8) == 4\n\n\n"
        "@pytest.mark.parametrize('n', [2, 4])\ndef test_wrong(n):\n    assert half(n) == 1, 'half'\n"
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a folder of small programs."""
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(_ROOT), "LC_ALL": "C.UTF-8"}


def _trace(folder: Path, *words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*_COMMAND, *words], cwd=folder, env=_environment(), input=given, capture_output=True, text=True
    )


def _shown(folder: Path, *words: str, given: str = "") -> str:
    done = _trace(folder, *words, given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_function_is_shown_with_what_its_lines_changed(project: Path) -> None:
    assert _shown(project, "tally.py:tally", "[2]").splitlines()[:-1] == [
        "→ tally  tally.py   xs = [2]",
        "2  total = 0        total = 0",
        "3  for x in xs:     x = 2",
        "4      total += x   total = 2",
        "3  for x in xs:",
        "5  return total",
        "← 2",
    ]


def test_a_program_reads_its_input_and_prints_to_standard_error(project: Path) -> None:
    done = _trace(project, "program.py", "--format", "x", given="Ann\n")  # the options behind the program are its own
    assert (done.returncode, done.stderr) == (0, "imported\nname? AnnAnn 3\n")
    lines = [line.split("   ")[0] for line in done.stdout.splitlines()]
    assert lines[0] == "→ program.py"
    assert lines[6:9] == ["│ → twice  beside.py", "│ 4  return x + x", "│ ← 'AnnAnn'"]
    assert lines[-2] == "✗ SystemExit: 3"


def test_modules_and_packages_import_what_is_beside_them(project: Path) -> None:
    module = _shown(project, "-m", "pkg", "9")
    assert "→ pkg/__main__.py" in module
    assert "│ │ → shift  pkg/deep.py" in module
    call = _shown(project, "pkg/inner.py:half", "9")
    assert call.splitlines()[0].split() == ["→", "half", "pkg/inner.py", "x", "=", "9"]
    assert "← 4" in call


def test_tests_are_traced_from_their_functions_on(project: Path) -> None:
    shown = _shown(project, "-m", "pytest", "-q", "tests/test_pkg.py", "-k", "wrong")
    titles = [line for line in shown.splitlines() if "tests/test_pkg.py::" in line]
    assert [title.split()[1:3] for title in titles] == [
        ["tests/test_pkg.py::test_wrong[2]", "passed"],
        ["tests/test_pkg.py::test_wrong[4]", "failed"],
    ]
    assert "✗ AssertionError: half␊assert 2 == 1" in shown
    assert "@py" not in shown


def test_json_is_one_document(project: Path) -> None:
    document = json.loads(_shown(project, "--format", "json", "-m", "pkg", "9"))
    assert document["ended"] == {"how": "returned", "detail": None, "tests": {}}
    [trace] = document["traces"]
    assert (trace["entry"], trace["outcome"], trace["cut"]) == ("pkg:<module>", "returned", None)
    call = next(frame for frame in trace["frames"] if frame["function"] == "shift")
    assert call["locals"] == {"x": "9"}
    assert (call["kind"], call["depth"], call["file"], "value" in call) == ("call", 2, "pkg/deep.py", False)


def test_parquet_holds_trajectories(project: Path) -> None:
    done = _trace(project, "--format", "parquet", "--output", "t.parquet", "-m", "pytest", "-q", "tests", "-k", "half")
    assert (done.returncode, done.stdout) == (0, "")
    [row] = pq.read_table(project / "t.parquet").to_pylist()
    found = from_row(row)
    assert found.outcome is Outcome.RETURNED
    assert found.trace is not None
    assert found.trace.entry == "tests/test_pkg.py::test_half"
    assert not list(project.glob(".t.parquet*"))


def test_the_format_of_a_program_is_read_back(project: Path) -> None:
    text = _shown(project, "--format", "cwm", "program.py", given="Ann\n")
    source, frames = parse(split_text(text))
    assert source.startswith("  # << START_OF_TRACE\nimport sys\n")
    assert source.endswith("\n\ndef twice(x):\n    return x + x\n")
    assert frames[-1].value == "SystemExit: 3"


def test_what_is_not_shown_is_said_last(project: Path) -> None:
    (project / "long.py").write_text(
        "def f(n):\n    return n and f(n - 1)\nf(20)\ntext = 'x' * 2000\ni = 0\nwhile i < 9: i += 1\n"
    )
    last = _shown(project, "--events", "40", "--depth", "9", "long.py").splitlines()[-3:]
    assert last == [
        "── the trace was cut after 40 steps: --events N records more",
        "── calls deeper than 9 are not shown: --depth N shows more",
        "── 1 value was shortened",
    ]
    done = _trace(project, "--format", "cwm", "--events", "9", "tally.py:tally", "[1, 2, 3]")
    assert done.stderr == "worldline: the trace was cut after 9 steps: --events N records more\n"


_FORKS = "import os\nx = 1\nif os.fork() == 0:\n    raise SystemExit(0)\nos.wait()\nos._exit(4)\n"
_KILLS_ITSELF = "import os\nx = 1\nfor i in range(9999):\n    y = i\nos.kill(os.getpid(), 9)\n"


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (_FORKS, "the program left by os._exit(4)"),
        (_KILLS_ITSELF, "the trace was cut where the program died"),
        ("x = 1\nwhile x:\n    x += 1\n", "the program was stopped after 1 s of CPU time: --seconds S allows more"),
        ("import sys\nx = 1\nsys.settrace(None)\ny = 2\n", None),
        ("import threading\nx = 1\nt = threading.Thread(target=print)\nt.start()\nt.join()\n", None),
        ("x = 1\nraise ValueError('é\\x1b[31m')\n", None),
    ],
)
def test_a_program_that_ends_in_its_own_way_leaves_its_trace(project: Path, text: str, last: str | None) -> None:
    (project / "odd.py").write_text(text)
    done = _trace(project, "--events", "9000", "--seconds", "1", "odd.py")
    assert done.returncode == 0, done.stderr
    assert "x = 1" in done.stdout
    assert last is None or done.stdout.splitlines()[-1] == f"── {last}"
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_other_interpreters_run_what_is_theirs(project: Path, version: str) -> None:
    if version not in interpreters():
        pytest.skip(f"no Python {version} on this machine")
    shown = _shown(project, "--python", interpreters()[version], "program.py", given="Ann\n")
    assert f"Python {version}." in shown.splitlines()[-1]
    assert "│ ← 'AnnAnn'" in shown


def test_an_error_that_the_tracer_names_only_is_told_in_full(project: Path) -> None:
    (project / "opens.py").write_text("open('no such file')\n")
    shown = _shown(project, "opens.py").splitlines()
    assert shown[2].startswith("✗ FileNotFoundError")
    assert "No such file or directory: 'no such file'" in f"{shown[2]} {shown[-1]}"


def test_an_interrupt_leaves_what_was_recorded(project: Path) -> None:
    (project / "wait.py").write_text("import time\nprint('ready', flush=True)\nx = 1\ntime.sleep(60)\n")
    process = subprocess.Popen(
        [*_COMMAND, "wait.py"],
        cwd=project,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    shown, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "")
    assert shown.splitlines()[-3].startswith("✗ KeyboardInterrupt")
    assert shown.splitlines()[-1] == "── the program was interrupted"


def test_a_terminal_gets_colours_and_lines_of_its_width(project: Path) -> None:
    primary, secondary = pty.openpty()
    environment = {**_environment(), "TERM": "xterm-256color", "COLUMNS": "50"}
    done = subprocess.Popen(
        [*_COMMAND, "tally.py:tally", "list(range(30))"], cwd=project, env=environment, stdout=secondary
    )
    os.close(secondary)
    shown = b""
    while piece := _read(primary):
        shown += piece
    assert done.wait() == 0
    assert b"\x1b[1;36m\xe2\x86\x92 " in shown
    assert "…".encode() in shown


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing to trace was named: give FILE.py:FUNCTION"),
        (["none.py"], "'none.py' was not found"),
        (["tally.py:"], "'tally.py:' was not found"),
        (["tally.py:none"], "the file has no top-level function 'none': it has tally"),
        (["tally.py:tally", "1 +"], "argument '1 +' is no Python expression"),
        (["-m", "no_such_module"], "'no_such_module' cannot be run: ImportError: no module named no_such_module"),
        (["broken.py"], "'broken.py' cannot be run: SyntaxError: '(' was never closed (broken.py, line 2)"),
        (["fails.py:f"], "'fails.py' cannot be run: ZeroDivisionError: division by zero (fails.py, line 2)"),
        (["--events", "0", "tally.py:tally"], "--events is 0: it must be above 0"),
        (["--format", "parquet", "tally.py:tally"], "--format parquet needs --output FILE"),
        (["--evnts", "3", "tally.py:tally"], "unrecognized arguments: --evnts 3"),
        (["--format", "xml", "tally.py:tally"], "invalid choice: 'xml'"),
        (["--output", "no/where", "tally.py:tally"], "there is no folder 'no'"),
        (["--python", "tally.py", "tally.py:tally"], "--python 'tally.py' is no interpreter"),
    ],
)
def test_bad_input_is_one_sentence(project: Path, words: list[str], said: str) -> None:
    (project / "broken.py").write_text("x = 1\nprint(\n")
    (project / "fails.py").write_text("def f(): pass\n1 / 0\n")
    done = _trace(project, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert said in done.stderr


def test_no_test_is_one_sentence_behind_what_pytest_says(project: Path) -> None:
    done = _trace(project, "-m", "pytest", "-q", "tests", "-k", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].endswith(
        "(exit code 5) ran no code of a test in this process: no test was found"
    )
