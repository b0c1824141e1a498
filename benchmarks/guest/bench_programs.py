"""Runs random programs untraced or under an engine of the tracer: python bench_programs.py SETTINGS, where SETTINGS is JSON.

{"guest": folder, "engine": name or null, "native": path of the compiled engine, "files": [programs], "alone": bool}

One program that is `alone` has the process for itself: its output is the process's, and it ends the process. Otherwise
each prints one line of JSON: [what it printed, how its `main` ended]. Standard library only; Python 3.8 and newer.
"""

import contextlib
import gc
import io
import json
import sys


def begin(settings, file):
    """Start the engine that the settings name; `main` of the file begins a trace. Return what ends it."""
    if settings["engine"] is None:
        return lambda: None
    from worldline_engines import make_hook
    from worldline_recorder import Limits

    stream = bytearray()
    hook = make_hook(
        stream.extend,
        lambda code: {} if code.co_name == "main" else None,
        lambda code: code.co_filename == file,
        Limits(events=3000, depth=50),
        None,
        settings["engine"],
        settings["native"],
    )
    hook.install()

    def end():
        hook.remove()
        assert stream and hook.broken is None, (file, len(stream), hook.broken)

    return end


def compiled(file):
    """Return the code of the program."""
    with open(file, encoding="utf-8") as handle:
        return compile(handle.read(), file, "exec")


def play(settings, file):
    """Return what the program printed, and how its `main` ended."""
    names, printed = {"__name__": "program"}, io.StringIO()
    code = compiled(file)
    with contextlib.redirect_stdout(printed):
        exec(code, names)
        end = begin(settings, file)
        try:
            said = "returned %s" % type(names["main"]()).__name__
        except Exception as error:
            said = "raised %s: %s" % (type(error).__name__, error)
        finally:
            end()
    return [printed.getvalue(), said]


if __name__ == "__main__":
    chosen = json.loads(sys.argv[1])
    sys.path.insert(0, chosen["guest"])
    # When cycles are collected, and so their __del__ called, depends on what else was allocated.
    gc.disable()
    if chosen["alone"]:
        [path] = chosen["files"]
        program = compiled(path)
        stop = begin(chosen, path)
        try:
            exec(program, {"__name__": "__main__"})
        finally:
            stop()
    else:
        for path in chosen["files"]:
            print(json.dumps(play(chosen, path)))
