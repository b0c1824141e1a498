"""Runs a project's tests under a tool, in this process. pytest is imported before any clock starts. CPython 3.8 and newer."""

import contextlib
import io
import time

import pytest
from bench_clock import timed


class Suite(object):
    """A pytest plugin that runs the collected tests under a tool and times them: in all, and inside their calls."""

    def __init__(self, tool, files):
        self.tool = tool
        self.files = files
        self.inside = 0.0
        self.seconds = None
        self.failed = []

    def pytest_runtestloop(self, session):
        run = self.tool(self.files)
        items = session.items

        def work():
            for index, item in enumerate(items):
                following = items[index + 1] if index + 1 < len(items) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)

        self.seconds = timed(run, work)
        return True

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item):
        began = time.process_time()
        yield
        self.inside += time.process_time() - began

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.append(report.nodeid)


def suite_pass(settings, tool, files):
    """Return a function that measures the tests once; tests that fail are named in `settings["failed"]`."""

    def once():
        suite, said = Suite(tool, files), io.StringIO()
        with contextlib.redirect_stdout(said):
            pytest.main(["-p", "no:cacheprovider", "-q"] + settings["pytest"], plugins=[suite])
        if suite.seconds is None:
            raise RuntimeError("no test ran: " + " ".join(said.getvalue().split())[-250:])
        settings["failed"] = suite.failed
        return [suite.seconds, suite.inside]

    return once
