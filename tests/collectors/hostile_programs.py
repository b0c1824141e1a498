"""Hostile programs (T40): what a traced program does to be rid of the tracer, to keep it busy for ever, or to feed it lies."""

_FIRST = "import sys, os\na = 1\n"
_LAST = "b = 2\nc = 3\nprint('end')\n"


def _between(text: str) -> str:
    return _FIRST + text + _LAST


_CLASS = "class A:\n    def __repr__(self):\n        {}\nx = A()\n"
PROGRAMS: dict[str, str] = {
    "untraces itself": _between("sys.settrace(None)\n"),
    "untraces its frame": _between("f = sys._getframe()\nf.f_trace = None\nf.f_trace_lines = False\n"),
    "traces itself": _between("sys.settrace(lambda *words: None)\n"),
    "takes settrace away": _between("sys.settrace = sys.setprofile = lambda *words: None\n"),
    "clears all modules": _between("m = sys.modules\nm.clear()\n"),
    "breaks what the tracer may use": _between(
        "import builtins, time\nbuiltins.repr = builtins.id = builtins.len = None\ntime.monotonic = os.write = None\n"
    ),
    "leaves at once": _between("os._exit(0)\n"),
    "raises out of every hold": _between("raise SystemExit(0)\n"),
    "forks": _between("os.fork()\nos.fork()\n"),
    "becomes another program": _between("os.execv('/bin/echo', ['echo', 'end'])\n"),
    "threads that stay": _between(
        "import threading, time\nt = threading.Thread(target=time.sleep, args=(1000,))\nt.start()\n"
    ),
    "an endless repr": _between(_CLASS.format("while True: pass")),
    "a raising repr": _between(_CLASS.format("raise ValueError")),
    "a repr that exits": _between(_CLASS.format("raise SystemExit(0)")),
    "a repr that leaves": _between(_CLASS.format("os._exit(0)")),
    "a repr of 100 MB": _between(_CLASS.format("return 'x' * 100_000_000")),
    "a repr that recurses": _between(_CLASS.format("return repr(self)")),
    "a hundred million events": _between("for i in range(10**8):\n    pass\n"),
    "recursion without end": _between("sys.setrecursionlimit(10**9)\ndef f(): f()\nf()\n"),
    "data without bottom": _between("d = []\nfor i in range(10**7): d = [d]\n"),
    "values without end": _between("s = ''\nwhile True:\n    s += 'x' * 1000\n"),
    "a signal": _between("import ctypes\nctypes.string_at(0)\n"),
    "closes everything": _between("os.closerange(0, 65536)\n"),
    "kills what runs it": _between("os.kill(os.getppid(), 9)\n"),
    "never ends": _between("import atexit\ndef stay():\n    while True: pass\natexit.register(stay)\n"),
}
