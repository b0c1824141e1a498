"""Runs one workload under one tool and prints the CPU seconds: python bench_run.py SETTINGS, where SETTINGS is JSON.

{"tool": name, "files": [absolute paths], "seconds": go on until so much was measured, "passes": at most,
"program": path and "rounds": n, or "pytest": [arguments]}. Prints on the last line {"runs": [[seconds, seconds inside tests],
...], "failed": [tests], "events": of a pass, where they are counted}. One pass of the loop is one `run` of a freshly made
tool. CPython 3.8 and newer.
"""

import json
import sys

from bench_clock import timed
from bench_tools import TOOLS, counted, with_variables_logged


def program_pass(settings, tool, files):
    """Return a function that measures the program once."""
    path = settings["program"]
    with open(path, encoding="utf-8") as handle:
        source = handle.read()
    make = with_variables_logged if settings["tool"] == "viztracer, log_var" else None
    module = type(sys)("workload")
    module.__code__ = make(source, path) if make else compile(source, path, "exec")
    sys.modules["workload"] = module
    exec(module.__code__, module.__dict__)
    main, rounds = module.main, settings["rounds"]
    return lambda: [timed(tool(files), lambda: main(rounds)), 0.0]


def main():
    """Measure until enough seconds are gathered."""
    settings = json.loads(sys.argv[1])
    tool, files = TOOLS[settings["tool"]], frozenset(settings["files"])
    if "program" in settings:
        once = program_pass(settings, tool, files)
    else:
        from bench_suite import suite_pass

        once = suite_pass(settings, tool, files)
    runs = []
    while not runs or (len(runs) < settings["passes"] and sum(run[0] for run in runs) < settings["seconds"]):
        runs.append(once())
    print(json.dumps({"runs": runs, "failed": settings.get("failed", []), "events": counted[0] // len(runs)}))


if __name__ == "__main__":
    main()
