"""Programs with trace functions, profilers, debuggers and timers of their own: they do under the tracer what they do without."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors.events import read_stream
from tests.interpreters import interpreters
from tests.played import GUEST, VERSIONS, check_harmless, engines, extension, play

_REPLACES = """
import sys
def add(a, b):
    c = a + b
    return c
def main():
    seen = []
    def tracer(frame, event, argument):
        if frame.f_code is add.__code__:
            seen.append((event, frame.f_lineno - add.__code__.co_firstlineno))
        return tracer
    before = add(1, 2)
    sys.settrace(tracer)
    add(3, 4)
    own = sys.gettrace() is tracer
    sys.settrace(None)
    add(5, 6)
    print(seen, own, before, sys.gettrace())
"""
_PUTS_BACK = """
import sys
def add(a, b):
    return a + b
def silent():
    kept = sys.gettrace()
    sys.settrace(None)
    add(1, 1)
    return kept
def main():
    kept = silent()
    sys.settrace(kept)
    print(add(2, 2), add(3, 3))
"""
_PROFILES = """
import sys, threading
def add(a, b):
    return a + b
def work():
    return add(7, 8)
def main():
    seen = []
    def profiler(frame, event, argument):
        if frame.f_code is add.__code__:
            seen.append(event)
    sys.setprofile(profiler)
    threading.setprofile(profiler)
    add(1, 2)
    thread = threading.Thread(target=work)
    thread.start(); thread.join()
    sys.setprofile(None)
    threading.setprofile(None)
    print(seen)
"""
_THREADS = """
import sys, threading
SEEN = []
def work():
    return sys.gettrace() is tracer
def tracer(frame, event, argument):
    if frame.f_code is work.__code__:
        SEEN.append(event)
    return tracer
def main():
    threading.settrace(tracer)
    thread = threading.Thread(target=work)
    thread.start(); thread.join()
    threading.settrace(None)
    print(SEEN)
"""
_DEBUGS = """
import doctest, io, pdb, sys
DEBUGGED = '''
def debugged(n):
    a = n
    pdb.Pdb(stdin=io.StringIO(SAID), stdout=OUT, nosigint=True, readrc=False).set_trace()
    b = a + 1
    c = b + 1
    return c
'''
OUT = io.StringIO()
# From 3.13 on any tool of sys.monitoring that hears of calls makes pdb stop a line later than it does without one.
SAID = "p a\\nn\\nn\\np b\\nc\\n" if sys.version_info < (3, 13) else "p a\\np n\\nc\\n"
ELSEWHERE = {"pdb": pdb, "io": io, "OUT": OUT, "SAID": SAID}
exec(compile(DEBUGGED, "elsewhere", "exec"), ELSEWHERE)
exec(DEBUGGED.replace("debugged", "shown"))
def documented():
    '''
    >>> for i in range(2): print(i)
    0
    1
    >>> 1 + 1
    3
    '''
def main():
    print(ELSEWHERE["debugged"](1), shown(1))
    told = [line for line in OUT.getvalue().splitlines() if line.startswith("(Pdb)")]
    print([line for line in told if sys.version_info < (3, 13) or ">" not in line])
    finder, out = doctest.DocTestFinder(), []
    for test in finder.find(documented, "documented", globs={}):
        print(doctest.DocTestRunner().run(test, out=out.append))
"""
_TIMES_OUT = """
import signal
class Late(Exception): pass
class Later(BaseException): pass
def handler(number, frame):
    raise KIND("late")
def spin(n):
    while True:
        n = [n, 1][1]
def main():
    global KIND
    old = signal.signal(signal.SIGALRM, handler)
    for KIND in (Late, Later, TimeoutError, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        try:
            spin(0)
        except KIND as error:
            print(type(error).__name__, error.args)
    signal.signal(signal.SIGALRM, old)
"""
_MONITORS = """
import sys
def add(a, b):
    c = a + b
    return c
def main():
    if sys.version_info < (3, 12):
        return
    monitoring, seen = sys.monitoring, []
    monitoring.use_tool_id(2, "program")
    events = monitoring.events
    monitoring.register_callback(2, events.LINE, lambda code, line: seen.append(line))
    monitoring.register_callback(2, events.PY_START, lambda code, offset: monitoring.DISABLE)
    monitoring.set_events(2, events.PY_START)
    monitoring.set_local_events(2, add.__code__, events.LINE)
    add(1, 2)
    monitoring.set_local_events(2, add.__code__, 0)
    monitoring.set_events(2, 0)
    monitoring.free_tool_id(2)
    print(seen)
"""
_PROGRAMS = {
    "replaces": _REPLACES,
    "puts_back": _PUTS_BACK,
    "profiles": _PROFILES,
    "threads": _THREADS,
    "debugs": _DEBUGS,
    "times_out": _TIMES_OUT,
    "monitors": _MONITORS,
}


@pytest.mark.parametrize("version", VERSIONS)
def test_programs_with_hooks_of_their_own_do_as_untraced(version: str, tmp_path: Path) -> None:
    played = play(version, tmp_path, _PROGRAMS)
    check_harmless(played)
    for engine in engines(version):
        cuts = {name: [trace.cut for trace in read_stream(found[engine].data).traces] for name, found in played.items()}
        sees_all = engine == "monitoring" or (engine == "native" and int(version[2:]) >= 12)
        assert cuts["replaces"] == [None if sees_all else "trace function replaced"]
        assert cuts["puts_back"] == [None if sees_all else "trace function replaced"]
        assert cuts["profiles"] == [None, None]
        assert cuts["times_out"][0] in ("interrupted", "events", "trace function replaced")
        assert cuts["monitors"] == [None]


_BEFORE = """
import json, sys, threading
sys.path.insert(0, sys.argv[1])
from worldline_engines import make_hook
def work(): return sys.gettrace()
seen, data = [], bytearray()
def debugger(frame, event, argument):
    if frame.f_code is work.__code__: seen.append(event)
    return debugger
sys.settrace(debugger); threading.settrace(debugger)
hook = make_hook(data.extend, lambda code: {}, lambda code: code is work.__code__, None, None, sys.argv[3], sys.argv[2])
hook.install(); work(); hook.remove()
thread = threading.Thread(target=work)
del seen[:]
found = work() is debugger
thread.start(); thread.join()
sys.settrace(None)
hook.install(); work(); hook.remove()
print(json.dumps([found, seen, sys.gettrace() is None, hook.broken, len(data)]))
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_what_traced_before_us_traces_after_us(version: str) -> None:
    for engine in engines(version):
        command = [interpreters()[version], "-c", _BEFORE, GUEST, extension(version), engine]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found, seen, none, broken, size = json.loads(done.stdout)
        assert (found, none, broken) == (True, True, None), engine
        assert seen == ["call", "line", "return"] * 2, engine
        assert size > 200


_COVERED = """
import json, sys
sys.path[:0] = [sys.argv[1], sys.argv[4]]
import coverage
from worldline_engines import make_hook
path, data = sys.argv[5], bytearray()
names = {}
exec(compile(open(path).read(), path, "exec"), names)
cover = coverage.Coverage(data_file=None, include=[path])
shown = lambda code: code.co_filename == path
hook = make_hook(data.extend, lambda code: {}, shown, None, None, sys.argv[3], sys.argv[2])
if sys.argv[6] == "before":
    cover.start()
    hook.install(); names["one"](); hook.remove()
    names["two"]()
    cover.stop()
else:
    hook.install()
    cover.start(); names["two"](); cover.stop()
    hook.remove()
print(json.dumps([sorted(cover.get_data().lines(path) or ()), hook.broken]))
"""


@pytest.mark.parametrize("order", ["before", "inside"])
def test_coverage_goes_on_measuring(order: str, tmp_path: Path) -> None:
    coverage = pytest.importorskip("coverage")
    version = f"3.{sys.version_info[1]}"
    path = tmp_path / "two.py"
    path.write_text("def one():\n    return 1\ndef two():\n    a = 1\n    return a\n")
    for engine in engines(version):
        beside = str(Path(coverage.__file__).parents[1])
        words = [GUEST, extension(version), engine, beside, str(path), order]
        done = subprocess.run([interpreters()[version], "-c", _COVERED, *words], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        lines, broken = json.loads(done.stdout)
        assert broken is None
        assert {4, 5} <= set(lines), engine
