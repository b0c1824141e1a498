"""Threads under the tracer: each writes a stream of its own, whole and readable, under every engine."""

from pathlib import Path

import pytest

from collectors.events import Stream, read_stream
from collectors.stream_blocks import streams
from tests.played import VERSIONS, check_harmless, engines, play

# Neither threads nor what they share lies in a local: what that is at a line depends on who was quicker.
_JOINED = """
import sys, threading
SHARED, OUT = [], []
def part(value):
    kept = [value]
    SHARED.append(kept)
    del SHARED[:-3]
    return kept
def work(size):
    total = 0
    for value in range(size):
        total += value
        if value % 40 == 0:
            part(value)
    OUT.append(total)
THREADS = [threading.Thread(target=work, args=(150 + i,), name="part %d" % i) for i in range(12)]
def main():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    list(map(threading.Thread.start, THREADS))
    work(5)
    list(map(threading.Thread.join, THREADS))
    sys.setswitchinterval(before)
    print(sorted(OUT))
"""
_WAITING = """
import threading
GATE, READY = threading.Event(), threading.Event()
def work():
    told = "waits"
    READY.set()
    GATE.wait()
    return told
def main():
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    READY.wait()
    import time
    time.sleep(0.1)
    print(thread.is_alive())
"""
_SHORT = """
import os, threading
def work(n):
    return n + 1
def main():
    for n in range(200):
        thread = threading.Thread(target=work, args=(n,))
        thread.start()
        thread.join()
    print(len(os.listdir("/dev/fd")) < 40, threading.active_count(), len(threading.enumerate()))
"""
_SUBCLASS = """
import threading
FOUND = []
class Worker(threading.Thread):
    def run(self):
        FOUND.append(work(3))
def work(n):
    if n: return work(n - 1) + [n]
    return []
WORKER = Worker(name="worker")
def main():
    WORKER.start(); WORKER.join()
    print(FOUND)
    try:
        raise ValueError("at the end")
    finally:
        threading.Timer(0, work, [1]).run()
"""
_RUNNING = """
import _thread, time
DONE, GO = [], []
def work():
    return "in a thread that ran before"
def loop():
    while not GO: time.sleep(0.001)
    DONE.append(work())
_thread.start_new_thread(loop, ())
def main():
    GO.append(1)
    while not DONE: time.sleep(0.001)
    print(DONE)
"""
PROGRAMS = {"joined": _JOINED, "waiting": _WAITING, "short": _SHORT, "subclass": _SUBCLASS, "running": _RUNNING}


def _told(stream: Stream) -> list[tuple[str, str, str | None]]:
    return [(trace.thread, trace.attributes["id"], trace.cut) for trace in stream.traces]


@pytest.mark.parametrize("version", VERSIONS)
def test_each_thread_has_a_stream_of_its_own(version: str, tmp_path: Path) -> None:
    played = play(version, tmp_path, PROGRAMS)
    check_harmless(played)
    for engine in engines(version):
        joined = read_stream(played["joined"][engine].data)
        assert _told(joined) == [("MainThread", "main", None)] + [(f"part {i}", "work", None) for i in range(12)]
        assert len(streams(played["short"][engine].data)) == 201
        told = {cut for _, _, cut in _told(read_stream(played["short"][engine].data))}
        assert told == {None}
        assert _told(read_stream(played["waiting"][engine].data))[1][1:] == ("work", "interrupted")
        assert [thread for thread, _, _ in _told(read_stream(played["subclass"][engine].data))][1:] == ["worker"]
        if int(version[2:]) >= 12 and engine != "settrace":
            assert _told(read_stream(played["running"][engine].data))[1:] == [("", "work", None)]


@pytest.mark.parametrize("version", VERSIONS)
def test_engines_and_runs_tell_the_same_of_threads(version: str, tmp_path: Path) -> None:
    names = ("joined", "subclass")
    runs = [play(version, tmp_path, {name: PROGRAMS[name] for name in names}) for _ in range(2)]
    for name in names:
        digests = {found.digest for run in runs for engine, found in run[name].items() if engine != "none"}
        assert len(digests) == 1, name
