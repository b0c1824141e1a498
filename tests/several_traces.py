"""Traces many short calls one after another under one engine, and prints the SHA-256 of the stream behind its header:

    python several_traces.py GUEST NATIVE ENGINE

Between the calls classes come and go, so that types and instances with other attributes lie where others lay; the
rest goes on changing what an earlier trace has shown. Standard library only; Python 3.8 and newer.
"""

import gc
import hashlib
import sys


def work(value):
    """Be traced."""
    held = value
    return held


def _instances(count):
    for number in range(count):
        name = "xy"[number % 2]
        kind = type("Same", (object,), {"__slots__": (name,)})
        value = kind()
        setattr(value, name, 1)
        yield value
        del value, kind
        gc.collect()
        plain = type("Same", (object,), {})()
        setattr(plain, name, 1)
        yield plain
        type(plain).__name__ = "Other" + name
        yield plain
        del plain
        gc.collect()


def run():
    """Call `work` with what changes from call to call."""
    for value in _instances(40):
        work(value)
        del value
    kept, long = {"a": [1, (2, "b")]}, ["x" * 5000]
    for number in range(40):
        work(kept)
        kept["a"][0] = number
        work([kept, number])
        work(long)
        long[0] += str(number)


def main():
    """Trace, and print the digest."""
    guest, native, engine = sys.argv[1:]
    sys.path.insert(0, guest)
    from worldline_engines import make_hook

    stream = bytearray()
    hook = make_hook(
        stream.extend,
        lambda code: b"{}" if code is work.__code__ else None,
        lambda code: code is work.__code__,
        engine=engine,
        native=native,
    )
    hook.install()
    run()
    hook.remove()
    assert hook.broken is None, hook.broken
    head = 13 + int.from_bytes(stream[9:13], "little")
    print(stream.count(b"Same"), hashlib.sha256(stream[head:]).hexdigest())


if __name__ == "__main__":
    main()
