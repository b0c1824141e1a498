"""What a program can see of the tracer: not its depth, its references, its finalisers or its objects' lives."""

from pathlib import Path

import pytest

from collectors.events import read_stream
from tests.played import VERSIONS, check_harmless, engines, play

_DEEP = """
import sys
class Caller:
    def __call__(self, n): return self.again(n + 1)
    def again(self, n):
        try:
            return self(n)
        except RecursionError:
            return n
class Asked:
    def __getattr__(self, name): return getattr(self, name + "x")
def deep(n):
    try:
        return deep(n + 1)
    except RecursionError:
        return n
def down(n):
    return n if not n else down(n - 1)
def around(n):
    try:
        return sorted([n], key=lambda n: around(n + 1)) and n
    except RecursionError:
        return n
def raised(limit):
    old = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        return deep(0)
    finally:
        sys.setrecursionlimit(old)
def main():
    reached = deep(0)
    fit = []
    for n in range(reached - 30, reached + 3):
        try:
            down(n); fit.append(n)
        except RecursionError:
            pass
    try:
        Asked().name
    except RecursionError as error:
        said = type(error).__name__
    print(reached, len(fit), said, sys.getrecursionlimit())
    print(Caller()(0) if sys.version_info < (3, 12) else 0, raised(3000), raised(180))
"""
_ELSEWHERE = """
SOURCE = '''
def deep(n):
    try:
        return deep(n + 1)
    except RecursionError:
        return n
'''
names = {}
exec(compile(SOURCE, "elsewhere", "exec"), names)
def main():
    found = names["deep"](0)
    print(found, names["deep"](0) == found)
"""
_LIVES = """
import gc, sys, threading, weakref
class Thing:
    def __init__(self, name): self.name, self.more = name, [name]
    def __del__(self): GONE.append(self.name)
class Loud:
    def __del__(self): raise ValueError("in a finaliser")
GONE = []
def local():
    thing = Thing("local")
    return weakref.ref(thing)
def loop():
    for name in "ab":
        thing = Thing(name)
        print(list(GONE))
    thing = None
    print(list(GONE))
def main():
    thing = Thing("t")
    dead = local()
    print(dead() is None, GONE)
    loop()
    sys.unraisablehook, old = (lambda told: print("unraisable", type(told.exc_value).__name__)), sys.unraisablehook
    loud = Loud()
    loud = 1
    sys.unraisablehook = old
    del thing
    print(GONE)
"""
_COUNTS = """
import sys
class Thing:
    def __init__(self, name): self.name, self.more = name, [name]
def use(thing, cell):
    kept = [thing, {"in": thing}]
    inner = lambda: (cell, kept)
    seen = sys.getrefcount(thing), sys.getrefcount(kept), sys.getrefcount(thing.__dict__), sys.getrefcount(thing.more)
    inner()
    return seen
def main():
    thing = Thing("t")
    print(use(thing, thing), sys.getrefcount(thing))
"""
_GENERATORS = """
import asyncio, gc, sys, threading
def count(log):
    try:
        for i in range(9):
            yield i
    finally:
        log.append("closed")
async def acount(log):
    try:
        for i in range(9):
            yield i
    finally:
        log.append("aclosed")
def cycle(log):
    made = count(log)
    next(made)
    box = [made]
    box.append(box)
async def tasks(log):
    async for i in acount(log):
        if i == 2: break
    async def sleepy(n):
        await asyncio.sleep(0)
        return n
    log.append(await asyncio.gather(sleepy(1), sleepy(2)))
def main():
    log = []
    cycle(log)
    thread = threading.Thread(target=gc.collect)
    thread.start(); thread.join()
    made = count(log)
    next(made)
    made = None
    loop = asyncio.new_event_loop()
    loop.run_until_complete(tasks(log))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    never = sleep_never()
    never.close()
    print(log)
async def sleep_never():
    await asyncio.sleep(1)
"""
_PROGRAMS = {"deep": _DEEP, "elsewhere": _ELSEWHERE, "lives": _LIVES, "generators": _GENERATORS}


@pytest.mark.parametrize("version", VERSIONS)
def test_depth_lives_and_finalisers_are_those_of_an_untraced_run(version: str, tmp_path: Path) -> None:
    played = play(version, tmp_path, _PROGRAMS)
    check_harmless(played)
    for engine in engines(version):
        cuts = {name: read_stream(found[engine].data).traces[0].cut for name, found in played.items()}
        assert (cuts["lives"], cuts["generators"]) == (None, None)
        assert cuts["deep"] == ("events" if engine == "native" else "recursion")


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_have_the_references_of_an_untraced_run(version: str, tmp_path: Path) -> None:
    [results] = play(version, tmp_path, {"counts": _COUNTS}).values()
    # Below 3.13 an interpreter keeps the locals that Python code has asked of a frame until it is asked again.
    exact = {name: found for name, found in results.items() if int(version[2:]) >= 13 or name in ("none", "native")}
    check_harmless({"counts": exact})
