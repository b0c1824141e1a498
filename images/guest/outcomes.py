"""A pytest plugin that writes what was collected and how each test ended, one JSON array a line.

It runs inside foreign images: standard library and pytest's public hooks only, Python 3.8 and newer. Lines:
["collected", [ids]], ["test", id, outcome, seconds, message], ["error", id, message], ["end", exit status].
The environment names the file to write (WORLDLINE_OUTCOMES) and, optionally, JSON lists of the ids to keep
(WORLDLINE_SELECT) and to leave out (WORLDLINE_LEAVE_OUT), the seed of another order (WORLDLINE_SHUFFLE), and the seconds
that one test may take (WORLDLINE_TEST_SECONDS), so that one that hangs is one that fails. A test that sets an alarm of its
own keeps that.
"""

import hashlib
import json
import os
import signal
import time

import pytest

_MESSAGE = 4000
# In a tuple: what replaces the clocks of all modules, as freezegun does, does not look for one there.
_CLOCK = (time.perf_counter,)


class _Channel:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.seconds = {}
        self.outcomes = {}
        self.began = _CLOCK[0]()

    def write(self, *fields):
        self.file.write(json.dumps(fields) + "\n")
        self.file.flush()


# After the conftests, and before pytest-xdist, which looks here for whether it shall start workers.
@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    # One process runs all tests, whatever the project asks for: plugins of ours see what happens in their own process.
    if getattr(config.option, "dist", "no") != "no":
        config.option.dist, config.option.tx = "no", []
    config._worldline = _Channel(os.environ["WORLDLINE_OUTCOMES"])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    wanted_path = os.environ.get("WORLDLINE_SELECT")
    if wanted_path:
        with open(wanted_path, encoding="utf-8") as handle:
            wanted = set(json.load(handle))
        items[:] = [item for item in items if item.nodeid in wanted]
    left_path = os.environ.get("WORLDLINE_LEAVE_OUT")
    if left_path:
        with open(left_path, encoding="utf-8") as handle:
            left = set(json.load(handle))
        items[:] = [item for item in items if item.nodeid not in left]
    seed = os.environ.get("WORLDLINE_SHUFFLE")
    if seed:
        items.sort(key=lambda item: _place(seed, item.nodeid))
    config._worldline.write("collected", [item.nodeid for item in items])


def _place(seed, nodeid):
    # Digests, since `random` may shuffle otherwise on another Python. Tests of a module and of a class stay together, so
    # that fixtures of these scopes are made once, as often as in the suite's own order.
    start = nodeid.split("[", 1)[0]
    parts = start.split("::")
    levels = [parts[0], "::".join(parts[:-1]), nodeid]
    return [hashlib.sha256((seed + "\0" + level).encode("utf-8", "surrogatepass")).hexdigest() for level in levels]


# This hook is given no config, so what failed to be collected waits here for the end of the run.
_collect_errors = []


def pytest_collectreport(report):
    if report.failed:
        _collect_errors.append((report.nodeid, str(report.longrepr)[-_MESSAGE:]))


_RANK = {"passed": 0, "xpassed": 1, "skipped": 2, "xfailed": 3, "failed": 4, "error": 5}


def _outcome(report):
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "error"
    return report.outcome


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    item.config._worldline.began = _CLOCK[0]()
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    channel = item.config._worldline
    took = min(max(0.0, report.duration), _CLOCK[0]() - channel.began)
    channel.seconds[item.nodeid] = channel.seconds.get(item.nodeid, 0.0) + took
    outcome = _outcome(report)
    message = str(report.longrepr)[-_MESSAGE:] if report.longrepr is not None and outcome != "skipped" else ""
    old = channel.outcomes.get(item.nodeid, ("passed", ""))
    channel.outcomes[item.nodeid] = max(old, (outcome, message), key=lambda pair: _RANK[pair[0]])
    if report.when == "teardown":
        outcome, message = channel.outcomes[item.nodeid]
        channel.write("test", item.nodeid, outcome, round(channel.seconds[item.nodeid], 4), message)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    seconds = float(os.environ.get("WORLDLINE_TEST_SECONDS", 0))
    if not seconds or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL:
        yield
        return

    def end(number, frame):
        pytest.fail("the test took longer than %g s" % seconds)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGALRM) is end:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)


def pytest_sessionfinish(session, exitstatus):
    channel = session.config._worldline
    for nodeid, message in _collect_errors:
        channel.write("error", nodeid, message)
    channel.write("end", int(exitstatus))


def pytest_unconfigure(config):
    if hasattr(config, "_worldline"):
        config._worldline.file.close()
