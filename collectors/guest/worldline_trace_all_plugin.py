"""A pytest plugin that traces whatever shown code each test runs: every outermost call of it begins a trace.

WORLDLINE_TRACE_ALL names a JSON file: {"output": path, "shown": [files], "limits": {...}, "traces": the most of one test,
and, none of them needed, "engine": name, by itself the fastest, "native": path of the compiled engine, "events" and
"bytes": no trace begins in a test that has written so many, "seed": the state of the random module in which each test
begins}. Python 3.8 and newer.
"""

import json
import os
import random

import pytest
from worldline_engines import make_hook
from worldline_output import open_output
from worldline_recorder import Limits


class _Tracing(object):
    def __init__(self, settings):
        self.output = open_output(settings["output"])
        self.files = frozenset(settings["shown"])
        self.seed = settings.get("seed")
        self.most = [settings["traces"], settings.get("events") or 1 << 62, settings.get("bytes") or 1 << 62]
        self.begin(None)
        choice = {"engine": settings.get("engine"), "native": settings.get("native")}
        self.hook = make_hook(self.write, self.wanted, self.shown, Limits(**settings["limits"]), **choice)

    def begin(self, test):
        self.test = test
        # What this test has written: traces, events and bytes.
        self.written = [0, 0, 0]

    def write(self, blocks):
        self.written[1] += _events(blocks)
        self.written[2] += len(blocks)
        return self.output.write(blocks)

    def wanted(self, code):
        if any(written >= most for written, most in zip(self.written, self.most)):
            return None
        self.written[0] += 1
        return {"test": self.test, "number": self.written[0]}

    def shown(self, code):
        return code.co_filename in self.files and code.co_name != "<module>"


def _events(blocks):
    """Return how many events lie in whole blocks, those of other threads' streams too."""
    at, count = 0, 0
    while at + 9 <= len(blocks):
        letter, size = blocks[at : at + 1], int.from_bytes(blocks[at + 1 : at + 5], "little")
        if letter == b"X":
            count += int.from_bytes(blocks[at + 5 : at + 9], "little")
        elif letter == b"T":
            count += _events(blocks[at + 9 : at + 5 + size])
        at += 5 + size
    return count


def pytest_configure(config):
    with open(os.environ["WORLDLINE_TRACE_ALL"], encoding="utf-8") as handle:
        config._worldline_tracing_all = _Tracing(json.load(handle))


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item):
    tracing = item.config._worldline_tracing_all
    tracing.begin(item.nodeid)
    if tracing.seed is not None:
        random.seed(tracing.seed)
    tracing.hook.install()
    try:
        yield
    finally:
        tracing.hook.remove()
