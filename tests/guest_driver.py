"""Runs programs untraced and under each engine, in a foreign interpreter, and prints what each did as JSON.

    python guest_driver.py GUEST NATIVE ENGINE,ENGINE FILE...

Traces begin at `main`, in the thread that calls it, and at functions whose names begin with `work`, in any. The result of a
program under an engine: [what it printed, how it ended, SHA-256 of the streams behind their headers, what broke the engine
or null, the file's bytes in Base64 where a fifth word KEEP is given first]. Standard library only; Python 3.8 and newer.
"""

import base64
import contextlib
import gc
import hashlib
import io
import json
import sys

EVENTS = 3000


def digest(data):
    """Return the SHA-256 of what the streams of a file hold behind their headers, those of other threads by their names."""
    streams, at = {0: bytearray(data[:8])}, 8
    while at < len(data):
        end = at + 5 + int.from_bytes(data[at + 1 : at + 5], "little")
        if data[at : at + 1] == b"T":
            number = int.from_bytes(data[at + 5 : at + 9], "little")
            streams.setdefault(number, bytearray()).extend(data[at + 9 : end])
        else:
            streams[0] += data[at:end]
        at = end
    parts = []
    for number, stream in streams.items():
        head = 13 + int.from_bytes(stream[9:13], "little")
        parts.append((number > 0, json.loads(stream[13:head].decode())["name"], bytes(stream[head:])))
    return hashlib.sha256(b"".join(stream for _, _, stream in sorted(parts))).hexdigest()


def play(source, name, engine, native):
    """Run the program's main under the engine, or untraced when it is `none`; return the results and the file's bytes."""
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
                lambda code: {"id": code.co_name} if code is main.__code__ or code.co_name[:4] == "work" else None,
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
    sha = digest(stream) if hook else ""
    return [printed.getvalue(), end, sha, hook and hook.broken], bytes(stream)


if __name__ == "__main__":
    keep = sys.argv[1] == "KEEP"
    guest, native, engines, *programs = sys.argv[1 + keep :]
    sys.path.insert(0, guest)
    # When cycles are collected, and so their __del__ called, depends on what else was allocated.
    gc.disable()
    results = []
    for path in programs:
        with open(path, encoding="utf-8") as handle:
            text = handle.read()
        played = {engine: play(text, path, engine, native) for engine in engines.split(",")}
        kept = {name: [base64.b64encode(data).decode()] if keep else [] for name, (_, data) in played.items()}
        results.append({name: found + kept[name] for name, (found, _) in played.items()})
    print(json.dumps(results))
