"""Calls functions, each call in a process of its own, and traces it: python worldline_call_functions.py SETTINGS.

SETTINGS is a JSON file: {"output": path, "shown": [files], "limits": {...}, "engine": name or null, "native": path or null,
"seconds": of CPU time of one call, "calls": [[id, module, call], ...]}. A call such as `f(1, [2])` becomes the body of a
`main` in the module's namespace. The output: for each call that came to its end, its number (u32), the length of its stream
(u32) and the stream. Python 3.8 and newer, on systems with fork.
"""

import importlib
import json
import os
import random
import resource
import select
import struct
import sys
import time

MAIN = "<worldline main>"
_MOST_BYTES = 8 << 20
# A call that waits uses no CPU time: after this many times its seconds it is ended too.
_WALL_SHARE = 6


def trace_call(settings, number, write):
    """Trace one call and hand the stream to `write`; whatever the call raises is in the stream."""
    from worldline_engines import make_hook
    from worldline_recorder import Limits
    from worldline_snapshot import Bounds

    key, module, call = settings["calls"][number]
    names = dict(vars(importlib.import_module(module)))
    exec(compile("def main():\n    return %s\n" % call, MAIN, "exec"), names)
    main, files = names["main"], frozenset(settings["shown"]) | {MAIN}
    hook = make_hook(
        write,
        lambda code: {"id": key} if code is main.__code__ else None,
        lambda code: code.co_filename in files and code.co_name != "<module>",
        Limits(**settings["limits"]),
        Bounds(trusted=settings.get("true_repr", False)),
        engine=settings.get("engine"),
        native=settings.get("native"),
    )
    random.seed(0)
    hook.install()
    try:
        main()
    except BaseException:
        pass
    finally:
        hook.remove()


def _in_child(settings, number, work, out):
    # CPU time, so that a call that ends does so on a busy machine too.
    seconds = int(settings["seconds"] + 0.999)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    pieces, process = [], os.getpid()
    work(settings, number, pieces.append)
    if os.getpid() != process:
        os._exit(0)  # a child that the call has forked: the result is its parent's
    data = b"".join(pieces)
    if len(data) <= _MOST_BYTES:
        with os.fdopen(out, "wb") as handle:
            handle.write(data)
    os._exit(0)


def run_call(settings, number, work):
    """Return what `work` writes of a call in a child of this process, or None when that dies or takes too long."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reading)
            _in_child(settings, number, work, writing)
        finally:
            os._exit(1)
    os.close(writing)
    deadline, pieces = time.monotonic() + _WALL_SHARE * settings["seconds"], []
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(reading, 1 << 20) if ready else None
        if not piece:
            break
        pieces.append(piece)
    os.close(reading)
    if piece is None:
        os.kill(child, 9)
    _, status = os.waitpid(child, 0)
    return b"".join(pieces) if status == 0 and pieces else None


def main(path, work=trace_call):
    """Have `work(settings, number, write)` done for each call."""
    with open(path, encoding="utf-8") as handle:
        settings = json.load(handle)
    # Before CPython 3.11 the file name of a module found by "." begins with a dot, and is not one of those shown.
    sys.path.insert(0, os.getcwd())
    for module in sorted({call[1] for call in settings["calls"]}):
        try:
            importlib.import_module(module)
        except BaseException:
            continue  # its calls fail one by one
    with open(settings["output"], "ab") as output:
        for number in range(len(settings["calls"])):
            stream = run_call(settings, number, work)
            if stream is not None:
                output.write(struct.pack("<II", number, len(stream)) + stream)
                output.flush()


if __name__ == "__main__":
    main(sys.argv[1])
