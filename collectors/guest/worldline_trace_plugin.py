"""A pytest plugin that traces chosen functions while chosen tests run.

WORLDLINE_TRACE names a JSON file: {"output": path, "shown": [files], "plan": {test id: [[file, first line, id], ...]},
"limits": {...}, "engine": name or null for the fastest, "native": path of the compiled engine}.

Each planned function is traced at its first call in the test. The random module begins each test with the same state, so
that two runs can be compared. Python 3.8 and newer.
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
        self.plan = settings["plan"]
        self.files = frozenset(settings["shown"])
        self.waiting = {}
        limits = Limits(**settings["limits"])
        choice = {"engine": settings.get("engine"), "native": settings.get("native")}
        self.hook = make_hook(self.output.write, self.wanted, self.shown, limits, **choice)

    def wanted(self, code):
        key = (code.co_filename, code.co_firstlineno)
        trace_id = self.waiting.pop(key, None)
        return None if trace_id is None else {"id": trace_id}

    def shown(self, code):
        return code.co_filename in self.files and code.co_name != "<module>"

    def begin(self, test):
        self.waiting = {(path, line): trace_id for path, line, trace_id in self.plan.get(test, ())}
        random.seed(0)
        if self.waiting:
            self.hook.install()

    def finish(self):
        self.hook.remove()


def pytest_configure(config):
    with open(os.environ["WORLDLINE_TRACE"], encoding="utf-8") as handle:
        config._worldline_tracing = _Tracing(json.load(handle))


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item):
    tracing = item.config._worldline_tracing
    tracing.begin(item.nodeid)
    try:
        yield
    finally:
        tracing.finish()
