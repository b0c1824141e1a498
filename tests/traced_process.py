"""Traces a program's main in a process of its own, into a file: python traced_process.py SETTINGS.

SETTINGS is JSON: {"guest": folder, "native": path, "engine": name or "none", "file": program, "output": path, "children":
whether forked processes write files of their own, beside it, "most": bytes that the output may have, or null}. What the
program prints is printed, then how the trace broke. Standard library only; Python 3.8 and newer.
"""

import json
import os
import resource
import sys
import types


def run(settings):
    """Run it; whatever the program raises ends the process as usual."""
    sys.path.insert(0, settings["guest"])
    from worldline_engines import make_hook
    from worldline_recorder import Limits

    file, output = settings["file"], settings["output"]
    with open(file, encoding="utf-8") as handle:
        program = sys.modules["program"] = types.ModuleType("program")
        exec(compile(handle.read(), file, "exec"), vars(program))
    main = program.main
    if settings["engine"] == "none":
        print("END", main())
        return
    if settings["most"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (settings["most"], settings["most"]))

    def child():
        return open("%s.%d" % (output, os.getpid()), "ab", 0).write

    hook = make_hook(
        open(output, "ab", 0).write,
        lambda code: {"id": code.co_name} if code is main.__code__ or code.co_name[:4] == "work" else None,
        lambda code: code.co_filename == file,
        Limits(events=10**6, depth=50, size=10**9),
        None,
        settings["engine"],
        settings["native"],
        child if settings["children"] else None,
    )
    hook.install()
    try:
        end = main()
    finally:
        hook.remove()
    print("END", end, *([hook.broken] if hook.broken else []))


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
