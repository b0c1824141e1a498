"""The tools under measurement, in the interpreter that is measured; CPython 3.8 and newer.

Each takes the absolute paths of the project's files, imports and makes what it needs, and returns `run(work)`, which
calls `work` under the tool. The clock runs around `run`. What a tool writes goes to the null device.
"""

import gc
import json
import os
import sys

_OPENED = []
# The events that `_count` was told of.
counted = [0]


def _null():
    # Kept: a suite that makes warnings errors fails on a file that is dropped without being closed.
    _OPENED.append(open(os.devnull, "w", encoding="utf-8"))
    return _OPENED[-1]


def untraced(files):
    """Nothing: the bare run."""
    return lambda work: work()


def _settrace(function):
    def run(work):
        sys.settrace(function)
        try:
            work()
        finally:
            sys.settrace(None)

    return run


def empty_python(files):
    """A trace function in Python that does nothing, on the project's code."""

    def ignore(frame, event, argument):
        return ignore

    return _settrace(lambda frame, event, argument: ignore if frame.f_code.co_filename in files else None)


def empty_settrace(files):
    """A trace function in C that does nothing, on all code."""
    import floor

    def run(work):
        floor.attach()
        try:
            work()
        finally:
            floor.detach()

    return run


def empty_monitoring(files):
    """Callbacks in C that do nothing, for the lines, starts, returns and exceptions of the project's functions."""
    import floor

    monitoring, tool = sys.monitoring, 4
    events = monitoring.events
    everywhere = events.PY_UNWIND | events.RAISE
    inside = events.LINE | events.PY_START | events.PY_RESUME | events.PY_RETURN | events.PY_YIELD
    codes = [code for code in _codes_of_functions() if code.co_filename in files]

    def run(work):
        monitoring.use_tool_id(tool, "floor")
        for number in range(20):
            if (everywhere | inside) >> number & 1:
                monitoring.register_callback(tool, 1 << number, floor.nothing)
        monitoring.set_events(tool, everywhere)
        for code in codes:
            monitoring.set_local_events(tool, code, inside)
        try:
            work()
        finally:
            monitoring.set_events(tool, 0)
            for code in codes:
                monitoring.set_local_events(tool, code, 0)
            monitoring.free_tool_id(tool)

    return run


def _codes_of_functions():
    """Return the code objects of all functions that there are, and of those that they make, each once."""
    found = {}
    for thing in gc.get_objects():
        if type(thing) is type(_codes_of_functions):
            for code in (thing.__code__, *_codes_inside(thing.__code__)):
                found[id(code)] = code
    return list(found.values())


def _codes_inside(code):
    """Yield the code objects that are made inside a code object, at any depth."""
    for inner in code.co_consts:
        if hasattr(inner, "co_consts"):
            yield inner
            yield from _codes_inside(inner)


def _plain(write):
    def local(frame, event, argument):
        if event == "line":
            try:
                write(frame, {name: repr(value) for name, value in frame.f_locals.items()})
            except Exception:  # a foreign __repr__ failed: a trace function that raises is removed
                pass
        return local

    return local


def plain(files):
    """What anyone writes first: on each line, the text of every local, written as a line of JSON."""
    output = _null()

    def write(frame, texts):
        output.write(json.dumps([frame.f_code.co_name, frame.f_lineno, texts]) + "\n")

    local = _plain(write)
    return _settrace(lambda frame, event, argument: local if frame.f_code.co_filename in files else None)


def plain_unwritten(files):
    """The same, with the texts thrown away."""
    local = _plain(lambda frame, texts: None)
    return _settrace(lambda frame, event, argument: local if frame.f_code.co_filename in files else None)


def _ours(engine, write=None):
    def prepare(files):
        from worldline_engines import make_hook
        from worldline_recorder import Limits

        output = open(os.environ.get("BENCH_STREAM", os.devnull), "wb")
        limits = Limits(events=10**15, size=10**15, depth=10**6, seconds=1e9)
        native = os.environ["BENCH_NATIVE"]
        hook = make_hook(write or output.write, lambda code: b"{}", _shown(files), limits, engine=engine, native=native)

        def run(work):
            hook.install()
            try:
                work()
            finally:
                hook.remove()
                output.close()
            if hook.broken:
                raise RuntimeError("the tracer broke: " + hook.broken)

        return run

    return prepare


def _count(blocks):
    at = 0
    while at + 9 <= len(blocks):
        letter, size = blocks[at : at + 1], int.from_bytes(blocks[at + 1 : at + 5], "little")
        if letter == b"X":
            counted[0] += int.from_bytes(blocks[at + 5 : at + 9], "little")
        elif letter == b"T":
            _count(blocks[at + 9 : at + 5 + size])
        at += 5 + size


def _shown(files):
    return lambda code: code.co_filename in files and code.co_name != "<module>"


def hunter_calls(files):
    """hunter's CallPrinter: calls with arguments, lines, returns."""
    import hunter

    return _hunted(files, hunter.CallPrinter(stream=_null()))


def hunter_variables(files):
    """hunter's VarsSnooper: the changes of every local; VarsPrinter would want the names beforehand."""
    import hunter

    return _hunted(files, hunter.VarsSnooper(stream=_null()))


def _hunted(files, action):
    import hunter

    def run(work):
        hunter.trace(hunter.Q(filename_in=tuple(files)), action=action)
        try:
            work()
        finally:
            hunter.stop()

    return run


def pysnooper(files):
    """PySnooper on everything that is called from the entry; it knows no files."""
    import pysnooper

    return lambda work: pysnooper.snoop(_null(), depth=10**6)(work)()


def snoop(files):
    """snoop on everything that is called from the entry; it knows no files."""
    import snoop

    snoop.install(out=_null(), color=False)
    return lambda work: snoop.snoop(depth=10**6)(work)()


def viztracer_variables(files):
    """viztracer with log_var of every assignment; writing its file is not counted."""
    from viztracer import VizTracer

    tracer = VizTracer(verbose=0, include_files=list(files), tracer_entries=1000000)

    def run(work):
        tracer.start()
        try:
            work()
        finally:
            tracer.stop()

    return run


def with_variables_logged(source, path):
    """Return the code that viztracer makes of a source for `--log_var .*`."""
    from viztracer import VizTracer
    from viztracer.code_monkey import CodeMonkey

    VizTracer(verbose=0)  # the module's own assignments run before the measured tracer is made
    monkey = CodeMonkey(path)
    monkey.add_instrument("log_var", {"varnames": [".*"]})
    return monkey.compile(source, path, "exec")


def _covered(core):
    def prepare(files):
        os.environ["COVERAGE_CORE"] = core
        import coverage

        measuring = coverage.Coverage(
            data_file=None, config_file=False, include=list(files), messages=False, check_preimported=False
        )

        def run(work):
            measuring.start()
            try:
                work()
            finally:
                measuring.stop()
            name = type(measuring._collector.tracers[0]).__name__
            if name != {"ctrace": "CTracer", "sysmon": "SysMonitor"}[core]:
                raise RuntimeError("coverage.py chose the core " + name)

        return run

    return prepare


TOOLS = {
    "untraced": untraced,
    "empty C trace function": empty_settrace,
    "empty C callback on sys.monitoring": empty_monitoring,
    "empty Python trace function": empty_python,
    "ours, native": _ours("native"),
    "ours, monitoring": _ours("monitoring"),
    "ours, settrace": _ours("settrace"),
    "ours, counted": _ours("native", _count),
    "plain settrace with repr": plain,
    "the same, texts thrown away": plain_unwritten,
    "coverage.py, C tracer": _covered("ctrace"),
    "coverage.py, sys.monitoring": _covered("sysmon"),
    "viztracer, log_var": viztracer_variables,
    "hunter, calls": hunter_calls,
    "hunter, variables": hunter_variables,
    "PySnooper": pysnooper,
    "snoop": snoop,
}
