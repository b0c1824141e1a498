"""Runs programs untraced and under each engine, in a foreign interpreter, and prints what each did as JSON.

    python guest_driver.py GUEST NATIVE ENGINE,ENGINE FILE...

The result of a program under an engine: [what it printed, how it ended, SHA-256 of the stream behind its header, what
broke the engine or null]. Standard library only; Python 3.8 and newer.
"""

import contextlib
import hashlib
import io
import json
import sys

EVENTS = 3000


def play(source, name, engine, native):
    """Run the program's main under the engine, or untraced when it is `none`."""
    names = {"__name__": "program"}
    printed, stream, hook = io.StringIO(), bytearray(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(source, name, "exec"), names)
        main = names["main"]
        if engine != "none":
            from worldline_engines import make_hook
            from worldline_recorder import Limits

            hook = make_hook(
                stream.extend,
                lambda code: {} if code is main.__code__ else None,
                lambda code: code.co_filename == name,
                Limits(events=EVENTS, depth=50),
                None,
                engine,
                native,
            )
            hook.install()
        try:
            end = "returned " + type(main()).__name__
        except Exception as error:
            end = "raised " + type(error).__name__
        finally:
            if hook is not None:
                hook.remove()
    header = 13 + int.from_bytes(stream[9:13], "little")
    return [printed.getvalue(), end, hashlib.sha256(stream[header:]).hexdigest(), hook and hook.broken]


if __name__ == "__main__":
    guest, native, engines, *programs = sys.argv[1:]
    sys.path.insert(0, guest)
    results = []
    for path in programs:
        with open(path, encoding="utf-8") as handle:
            text = handle.read()
        results.append({engine: play(text, path, engine, native) for engine in engines.split(",")})
    print(json.dumps(results))
