"""A pytest plugin that writes which lines each test runs, one JSON array a line: ["lines", test, core, {file: [lines]}].

The sys.monitoring core of coverage.py has no dynamic contexts, and asked for them it falls back to the C tracer. So each
test is a measurement of its own: start, run, stop, read. That keeps the fast core. What was collected is read from and
cleared in the collector's own sets: Coverage.get_data and erase cost 10 ms for each test (new collector, new database).
WORLDLINE_COVERAGE names a JSON file: {"output": path, "root": folder, "package": folder of coverage.py}. Python 3.9
and newer.
"""

import json
import os
import sys

import pytest


class _Measuring(object):
    def __init__(self, settings):
        sys.path.append(settings["package"])
        if sys.version_info >= (3, 12):
            os.environ.setdefault("COVERAGE_CORE", "sysmon")
        import coverage

        self.output = open(settings["output"], "a", encoding="utf-8")
        self.root = settings["root"]
        self.coverage = coverage.Coverage(
            data_file=None, config_file=False, source=[self.root], messages=False, check_preimported=False
        )
        self.core = None

    def start(self):
        self.coverage.start()
        if self.core is None:
            self.core = type(self.coverage._collector.tracers[0]).__name__

    def stop(self, test):
        self.coverage.stop()
        collected = self.coverage._collector.data
        lines = {path: sorted(found) for path, found in sorted(collected.items()) if found}
        self.output.write(json.dumps(["lines", test, self.core, lines]) + "\n")
        self.output.flush()
        for found in collected.values():
            found.clear()


def pytest_configure(config):
    with open(os.environ["WORLDLINE_COVERAGE"], encoding="utf-8") as handle:
        config._worldline_measuring = _Measuring(json.load(handle))


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item):
    measuring = item.config._worldline_measuring
    measuring.start()
    try:
        yield
    finally:
        measuring.stop(item.nodeid)
