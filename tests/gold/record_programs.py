"""Traces the functions of program files under one engine: python record_programs.py GUEST NATIVE ENGINE FILE...

Every top-level function whose name has no underscore in front is called without arguments, and steps in its file's code are
recorded. Prints a JSON list: for each file [its functions, its streams in base 64, {function: what broke the engine}]; after
a function that breaks the engine a new stream begins. Standard library only; Python 3.8 and newer.
"""

import base64
import contextlib
import gc
import json
import sys
import types


def record(path, engine, native):
    """Return the functions of the file, the streams of their traces and what broke the engine."""
    from worldline_engines import make_hook
    from worldline_recorder import Limits

    with open(path, encoding="utf-8") as handle:
        source = handle.read()
    names = {"__name__": "program"}
    exec(compile(source, path, "exec"), names)
    own = [f for f in names.values() if type(f) is types.FunctionType and f.__code__.co_filename == path]
    functions = {f.__code__: f for f in own if not f.__name__.startswith("_")}

    def shown(code):
        return code.co_filename == path and code.co_name != "<module>"

    def wanted(code):
        return {"id": code.co_name} if code in functions else None

    streams, broken, hook = [], {}, None
    for function in functions.values():
        if hook is None or hook.broken:
            streams.append(bytearray())
            limits = Limits(events=1000, depth=50)
            hook = make_hook(streams[-1].extend, wanted, shown, limits, engine=engine, native=native)
        hook.install()
        with contextlib.suppress(Exception):
            function()
        hook.remove()
        if hook.broken:
            broken[function.__name__] = hook.broken
    return [[f.__name__ for f in functions.values()], [base64.b64encode(s).decode() for s in streams], broken]


if __name__ == "__main__":
    guest, native, engine, *paths = sys.argv[1:]
    sys.path.insert(0, guest)
    # When cycles are collected, and so generators closed, depends on what else was allocated.
    gc.disable()
    print(json.dumps([record(path, engine, native) for path in paths]))
