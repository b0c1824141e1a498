"""Runs program.py of the current folder as `__main__` under the tracer: python worldline_traced_program.py SETTINGS, where
SETTINGS is JSON: {"stream": path, "limits": {...}, "engine": name or null, "native": path or null}.

What the program does with an exception, an exit code or its streams is what it does without the tracer. The random module
begins with a fixed state. Standard library only; Python 3.8 and newer.
"""

import json
import os
import random
import sys

from worldline_engines import make_hook
from worldline_main_module import main_of_file
from worldline_recorder import Limits
from worldline_snapshot import Bounds

FILE = "program.py"


def main(settings):
    """Run the program; its own exception ends this process."""
    output, process, waiting = open(settings["stream"], "wb"), os.getpid(), []

    def write(data):
        if os.getpid() == process:
            output.write(data)
            output.flush()

    hook = make_hook(
        write,
        lambda code: {"id": FILE} if waiting and waiting.pop() is code else None,
        lambda code: code.co_filename == FILE,
        Limits(**settings["limits"]),
        Bounds(trusted=settings.get("true_repr", False)),
        engine=settings.get("engine"),
        native=settings.get("native"),
    )
    code, names = main_of_file(FILE, [], FILE)
    waiting.append(code)
    random.seed(0)
    hook.install()
    try:
        exec(code, names)
    finally:
        hook.remove()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
