"""The plain way to measure the lines of each test, for comparison with the coverage plugin: a fresh Coverage a test.

WORLDLINE_SLOW_COVERAGE names the settings of worldline_coverage_plugin; the rows are the same, but without the functions
that were entered.
"""

import json
import os
import random
import sys
from pathlib import Path

import pytest

_SETTINGS = json.loads(Path(os.environ["WORLDLINE_SLOW_COVERAGE"]).read_text())
_CORE = "sysmon" if sys.version_info >= (3, 12) else "ctrace"


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item):
    sys.path.insert(0, _SETTINGS["package"])
    import coverage

    sys.path.remove(_SETTINGS["package"])
    measured = coverage.Coverage(data_file=None, config_file=False, include=_SETTINGS["files"], messages=False)
    measured.set_option("run:core", _CORE)
    measured.set_option("run:disable_warnings", ["trace-changed", "no-data-collected"])
    random.seed(0)
    measured.start()
    yield
    measured.stop()
    data = measured.get_data()
    lines = {path: sorted(data.lines(path) or ()) for path in sorted(data.measured_files())}
    with Path(_SETTINGS["output"]).open("a") as output:
        row = ["lines", item.nodeid, measured._collector.tracer_name(), {p: n for p, n in lines.items() if n}, {}]
        output.write(json.dumps(row) + "\n")
