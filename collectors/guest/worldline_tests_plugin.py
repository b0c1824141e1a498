"""A pytest plugin, as an object, that traces the function of each test, and notes how the test ended.

Python 3.8 and newer.
"""

import inspect
import sys

import pytest


class TestTraces(object):
    """Begins one trace for each test, at the first call of its function, or of the first shown code where it has none."""

    __test__ = False

    def __init__(self, about, own):
        self.hook = None
        self._own = own
        self._tests = about["tests"] = {}
        self._test = None
        self._code = None

    def wanted(self, code):
        """Return what the trace is called when a call of the code begins it."""
        if self._test is None or self._code not in (None, code):
            return None
        test, self._test = self._test, None
        return {"id": test}

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item):
        """Trace while the test runs."""
        self._test = item.nodeid
        function = inspect.unwrap(getattr(item, "obj", None))
        code = getattr(getattr(function, "__func__", function), "__code__", None)
        self._code = code if code is not None and self._own(code) else None
        before = sys.gettrace()
        self.hook.install()
        try:
            yield
        finally:
            self.hook.remove()
            # A coverage tool's, say: up to 3.11 ours took its place.
            if before is not None:
                sys.settrace(before)

    def pytest_runtest_logreport(self, report):
        """Note how the test ended: its worst phase decides."""
        if report.when == "call" or report.outcome != "passed":
            where = "" if report.when == "call" or report.outcome == "skipped" else " in its " + report.when
            self._tests[report.nodeid] = report.outcome + where
