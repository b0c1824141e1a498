"""A pytest plugin that writes which lines each test runs and which functions it enters, one JSON array a line:
["lines", test, core, {file: [lines]}, {file: [first lines]}], or ["broken", test, why] in its place.

Each test is a measurement of its own: start, run, stop, read. The sys.monitoring core of coverage.py has no dynamic
contexts, and asked for them it falls back to the C tracer; for that tracer one measurement of the whole session is no
cheaper (docs/log.md), since pytest's own steps between the tests are then traced too. What was collected is read from and
cleared in the collector's own sets: Coverage.get_data and erase cost 10 ms for each test (new collector, new database).
The random module begins each test with the same state, as it does when the test is traced.

WORLDLINE_COVERAGE names a JSON file: {"output": path, "files": [those to measure], "package": folder of coverage.py}, where
"root" may stand for the files: a folder, all of it. Python 3.9 and newer. Not covered: what fixtures run; under the C
tracer, what a thread that is older than the test runs; on sys.monitoring, the rest of a generator that began before the test.
"""

import json
import os
import random
import sys

import pytest


def _settings():
    with open(os.environ["WORLDLINE_COVERAGE"], encoding="utf-8") as handle:
        return json.load(handle)


def _import_from(folder):
    """Import coverage.py from the folder, whatever version the project has; the folder does not stay on sys.path."""
    sys.path.insert(0, folder)
    try:
        import coverage

        return coverage
    finally:
        sys.path.remove(folder)


# Before pytest loads the plugins of the project, which may import a coverage.py that we do not know.
_coverage = _import_from(_settings()["package"])


def _say_nothing(*_, **__):
    """Take a warning of coverage.py's: pytest can be told to make errors of warnings."""


class _Measuring(object):
    def __init__(self, settings):
        self.output = open(settings["output"], "a", encoding="utf-8")
        self.root = os.path.realpath(settings["root"]) if "root" in settings else None
        self.names = {os.path.realpath(path): path for path in settings.get("files", ())}
        monitoring = sys.version_info >= (3, 12)
        self.coverage = _coverage.Coverage(
            data_file=None,
            config_file=False,
            source=[self.root] if self.root else None,
            include=[path.replace("[", "[[]") for path in self.names] or None,
            # Arcs say which functions were entered; on sys.monitoring the collector's code objects do.
            branch=not monitoring,
            messages=False,
            check_preimported=False,
        )
        self.coverage._warn = _say_nothing
        if monitoring:
            self.coverage.set_option("run:core", "sysmon")
        self.core = None

    def start(self, test):
        try:
            self.coverage.start()
            self.core = type(self.coverage._collector.tracers[0]).__name__
        except Exception as error:
            self.give_up(test, error)

    def stop(self, test):
        if self.core is None:
            return
        try:
            lines, entered = self.read()
        except Exception as error:
            self.give_up(test, error)
        else:
            self.write("lines", test, self.core, lines, entered)

    def read(self):
        """Stop, and return the lines and the first lines of the functions that were entered, by file."""
        collector = self.coverage._collector
        running = collector._collectors
        if collector in running and running[-1] is not collector:
            # The test has left a measurement of its own open, and that has paused ours.
            running.remove(collector)
            self.coverage._started = False
        self.coverage.stop()
        found = {path: set(points) for path, points in list(collector.data.items()) if points}
        for points in collector.data.values():
            points.clear()
        if self.core == "SysMonitor":
            lines, entered = found, _entered(collector, found)
        else:
            pairs = {path: list(map(_arc, points)) for path, points in found.items()}
            lines = {path: {line for pair in arcs for line in pair if line > 0} for path, arcs in pairs.items()}
            entered = {path: {-start for start, _ in arcs if start < 0} for path, arcs in pairs.items()}
        return self.by_name(lines), self.by_name(entered)

    def by_name(self, found):
        known = {path: path for path in found} if self.root else self.names
        return {known[path]: sorted(found[path]) for path in sorted(found) if path in known and found[path]}

    def give_up(self, test, error):
        self.core = None
        self.write("broken", test, "%s: %s" % (type(error).__name__, error))

    def write(self, *fields):
        self.output.write(json.dumps(fields) + "\n")
        self.output.flush()


def _entered(collector, found):
    """Return the first lines of the code that began to run, by file."""
    entered = {path: set() for path in found}
    for tracer in collector.tracers:
        for code in tracer.code_objects:
            place = collector.should_trace_cache.get(code.co_filename)
            if place is not None and place.source_filename in entered:
                entered[place.source_filename].add(code.co_firstlineno)
    return entered


def _arc(packed):
    """Return the two lines of an arc, which the C tracer keeps in one number (coverage.py, tracer.c); an entry's first,
    and an exit's second, is the negative first line of the function."""
    if isinstance(packed, tuple):
        return packed
    one, two = packed & 0xFFFFFFF, (packed >> 28) & 0xFFFFFFF
    return (-one if packed >> 56 & 1 else one), (-two if packed >> 57 & 1 else two)


def pytest_configure(config):
    config._worldline_measuring = _Measuring(_settings())


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item):
    measuring = item.config._worldline_measuring
    random.seed(0)
    measuring.start(item.nodeid)
    try:
        yield
    finally:
        measuring.stop(item.nodeid)
