"""A pytest plugin that traces whatever shown code each test runs: every outermost call of it begins a trace.

WORLDLINE_TRACE_ALL names a JSON file: {"output": path, "shown": [files], "limits": {...}, "engine": name or null for the
fastest, "native": path of the compiled engine, "traces": the most of one test}. Python 3.8 and newer.
"""

import json
import os

import pytest
from worldline_engines import make_hook
from worldline_output import open_output
from worldline_recorder import Limits


class _Tracing(object):
    def __init__(self, settings):
        self.output = open_output(settings["output"])
        self.files = frozenset(settings["shown"])
        self.test = None
        self.most = self.left = settings["traces"]
        choice = {"engine": settings.get("engine"), "native": settings.get("native")}
        self.hook = make_hook(self.output.write, self.wanted, self.shown, Limits(**settings["limits"]), **choice)

    def wanted(self, code):
        self.left -= 1
        return {"test": self.test} if self.left >= 0 else None

    def shown(self, code):
        return code.co_filename in self.files and code.co_name != "<module>"


def pytest_configure(config):
    with open(os.environ["WORLDLINE_TRACE_ALL"], encoding="utf-8") as handle:
        config._worldline_tracing_all = _Tracing(json.load(handle))


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item):
    tracing = item.config._worldline_tracing_all
    tracing.test, tracing.left = item.nodeid, tracing.most
    tracing.hook.install()
    try:
        yield
    finally:
        tracing.hook.remove()
