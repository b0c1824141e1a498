"""Processes under the tracer: forks, children, and ends of all kinds leave a file that reads up to where it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.events import Stream, read_stream
from tests.interpreters import interpreters
from tests.played import GUEST, VERSIONS, engines, extension

_SCRIPT = Path(__file__).parents[1] / "traced_process.py"
_FORK = """
import os, sys
def work(n): return n + 1
def main():
    kept = [work(1)]
    sys.stdout.flush()
    child = os.fork()
    if not child:
        kept.append(work(5))
        print("child", kept, flush=True)
        %s
    os.waitpid(child, 0)
    kept.append(work(2))
    print("parent", kept)
    return 1
"""
_MANY = """
import multiprocessing, sys, threading
def square(n): return n * n
def main():
    total = 0
    with multiprocessing.get_context("%s").Pool(2) as pool:
        total += sum(pool.map(%s, range(-20, 20)))
    return total
"""
_END = """
import os, signal
def spend(n):
    total = 0
    for i in range(n):
        total += i
    return total
def main():
    spend(5000)
    %s
"""
_CHILD = """
import os, subprocess, sys
SEEN = "import os, sys; print(sorted(k for k in os.environ if 'WORLDLINE' in k), sorted(os.listdir('/dev/fd')), sys.gettrace())"
def work(): return 1
def main():
    work()
    done = subprocess.run([sys.executable, "-c", SEEN], stdout=subprocess.PIPE, close_fds=False, preexec_fn=work, check=True)
    return done.stdout.decode().strip()
"""
_SHUTDOWN = """
import threading
class Late:
    def __del__(self):
        print("late")
def hold():
    yield 1
    print("never")
def work():
    while True:
        [n for n in range(9)]
KEPT, LATE = hold(), Late()
def main():
    threading.Thread(target=work, daemon=True).start()
    held, late = hold(), Late()
    LATE.itself = LATE
    return next(KEPT) + next(held)
"""
_LONG = "def main():\n    found = []\n    for i in range(30000):\n        found = [i, str(i)]\n    return len(found)\n"


def _run(
    version: str, engine: str, folder: Path, source: str, **more: object
) -> tuple[subprocess.CompletedProcess[str], Path]:
    file, output = folder / "program.py", folder / f"{engine}.stream"
    file.write_text(source)
    settings = {
        "guest": GUEST,
        "native": extension(version),
        "engine": engine,
        "file": str(file),
        "output": str(output),
    }
    words = json.dumps({**settings, "children": False, "most": None, **more})
    command = [interpreters()[version], str(_SCRIPT), words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder), output


def _read(path: Path) -> Stream:
    return read_stream(path.read_bytes())


def _told(stream: Stream) -> list[tuple[str, str | None]]:
    return [(trace.attributes["id"], trace.cut) for trace in stream.traces]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("leave", ["os._exit(0)", "return 2", "raise SystemExit(0)"])
def test_a_forked_child_writes_nothing_into_its_parents_file(version: str, leave: str, tmp_path: Path) -> None:
    for engine in ["none", *engines(version)]:
        done, output = _run(version, engine, tmp_path, _FORK % leave)
        said = [line for line in done.stdout.splitlines() if not line.startswith("END")]
        assert said == ["child [2, 6]", "parent [2, 3]"], (engine, done.stderr)
        if engine != "none":
            assert _told(_read(output)) == [("main", None)]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_forked_child_writes_a_file_of_its_own_where_that_is_asked_for(version: str, tmp_path: Path) -> None:
    for engine in engines(version):
        _, output = _run(version, engine, tmp_path, _FORK % "os._exit(0)", children=True)
        [beside] = tmp_path.glob(f"{output.name}.*")
        assert _told(_read(output)) == [("main", None)]
        assert _told(_read(beside)) == [("work", None)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("method", "function"), [("fork", "square"), ("spawn", "abs")])
def test_pools_of_processes_work_as_untraced(version: str, method: str, function: str, tmp_path: Path) -> None:
    for engine in engines(version):
        done, output = _run(version, engine, tmp_path, _MANY % (method, function))
        assert "END" in done.stdout, done.stderr
        expected = {"square": sum(n * n for n in range(-20, 20)), "abs": sum(map(abs, range(-20, 20)))}
        assert done.stdout.split() == ["END", str(expected[function])]
        assert _told(_read(output)) == [("main", None)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), signal.SIGKILL)", "os.abort()"])
def test_what_was_written_before_a_sudden_end_is_readable(version: str, end: str, tmp_path: Path) -> None:
    for engine in engines(version):
        done, output = _run(version, engine, tmp_path, _END % end)
        stream = _read(output)
        assert done.returncode in (3, -6, -9), done.stderr
        assert _told(stream) == [("main", "killed")]
        assert len(stream.events.kind_E) >= 8192


@pytest.mark.parametrize("version", VERSIONS)
def test_the_end_of_the_interpreter_is_that_of_an_untraced_run(version: str, tmp_path: Path) -> None:
    untraced, _ = _run(version, "none", tmp_path, _SHUTDOWN)
    assert "late" in untraced.stdout
    for engine in engines(version):
        done, output = _run(version, engine, tmp_path, _SHUTDOWN)
        assert (done.returncode, done.stdout, done.stderr) == (0, untraced.stdout, ""), engine
        assert _told(_read(output))[0] == ("main", None)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_full_disk_ends_the_stream_and_not_the_program(version: str, tmp_path: Path) -> None:
    for engine in engines(version):
        done, output = _run(version, engine, tmp_path, _LONG, most=100_001)
        stream = _read(output)
        assert done.stdout.startswith("END 2 "), done.stderr
        assert "bytes could be written" in done.stdout or "File too large" in done.stdout
        assert output.stat().st_size == 100_001
        assert _told(stream) == [("main", "killed")]
        assert len(stream.events.kind_E) >= 4096


@pytest.mark.skipif(sys.platform != "linux", reason="the open files are read from /dev/fd")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_child_interpreter_sees_nothing_of_the_tracer(version: str, tmp_path: Path) -> None:
    seen = {_run(version, engine, tmp_path, _CHILD)[0].stdout for engine in ["none", *engines(version)]}
    assert len(seen) == 1
    assert "None" in seen.pop()
