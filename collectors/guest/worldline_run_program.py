"""Runs a program's `main` under the tracer: python worldline_run_program.py SETTINGS, where SETTINGS is JSON.

{"file": path, "output": path, "first_line": the first line whose code is shown,
"engine": name, or missing for the fastest, "native": path of the compiled engine}. Python 3.8 and newer.
"""

import json
import sys

from worldline_engines import make_hook
from worldline_output import open_output
from worldline_recorder import Limits


def run(settings):
    """Execute the file and trace its main; the program's own exception ends it as usual."""
    with open(settings["file"], encoding="utf-8") as handle:
        source = handle.read()
    names = {"__name__": "program"}
    exec(compile(source, settings["file"], "exec"), names)
    main = names["main"]
    output = open_output(settings["output"])

    def wanted(code):
        return {"id": "main"} if code is main.__code__ else None

    def shown(code):
        return code.co_filename == settings["file"] and code.co_firstlineno >= settings["first_line"]

    limits = Limits(events=10000, depth=50)
    hook = make_hook(output.write, wanted, shown, limits, None, settings.get("engine"), settings.get("native"))
    hook.install()
    try:
        main()
    finally:
        hook.remove()
        output.close()


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
