"""Runs programs on inputs, each run in a process and an empty folder of its own: python worldline_program_runs.py SETTINGS.

SETTINGS is a JSON file: {"output": path, "runs": [[text, input], ...], "seconds": of CPU time, "memory": bytes of address
space, "traced": bool, "tracer": what worldline_traced_program.py is told}. The output: for each run its exit status (negative:
the signal that ended it), whether it took too long, the lengths of what it printed and of its stream, and both.
Standard library only; Python 3.8 and newer.
"""

import json
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

HEAD = struct.Struct("<i?II")
_HERE = os.path.dirname(os.path.abspath(__file__))
_MOST_PRINTED = 1 << 20
_MOST_WRITTEN = 16 << 20
# A program that waits uses no CPU time: after this many times its seconds it is ended too.
_WALL_SHARE = 6


def run(settings, program, given):
    """Run a program once and return the record of it."""
    folder = tempfile.mkdtemp(prefix="worldline-run-")
    try:
        inside, stream = os.path.join(folder, "in"), os.path.join(folder, "stream")
        os.mkdir(inside)
        for name, text in ((os.path.join(inside, "program.py"), program), (os.path.join(folder, "given"), given)):
            with open(name, "wb") as handle:
                handle.write(text.encode("utf-8", "surrogatepass"))
        command = [sys.executable, "program.py"]
        if settings["traced"]:
            told = dict(settings["tracer"], stream=stream)
            command[1:] = [os.path.join(_HERE, "worldline_traced_program.py"), json.dumps(told)]
        status, late = _run(settings, command, folder, inside)
        printed, recorded = (_read(os.path.join(folder, "printed"), _MOST_PRINTED), _read(stream, _MOST_WRITTEN))
        return HEAD.pack(status, late, len(printed), len(recorded)) + printed + recorded
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(settings, command, folder, inside):
    """Return the exit status and whether the run took too long."""
    seconds = settings["seconds"]

    def bound():
        whole = int(seconds + 0.999)
        resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
        resource.setrlimit(resource.RLIMIT_AS, (settings["memory"], settings["memory"]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_WRITTEN, _MOST_WRITTEN))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with open(os.path.join(folder, "given"), "rb") as given, open(os.path.join(folder, "printed"), "wb") as printed:
        process = subprocess.Popen(
            command,
            cwd=inside,
            env=environment,
            stdin=given,
            stdout=printed,
            stderr=subprocess.DEVNULL,
            preexec_fn=bound,
            start_new_session=True,
        )
        try:
            status, late = process.wait(_WALL_SHARE * seconds), False
        except subprocess.TimeoutExpired:
            status, late = -signal.SIGKILL, True
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            pass
        process.wait()
    return status, late or status == -signal.SIGXCPU


def _read(path, most):
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as handle:
        return handle.read(most)


def main(path):
    """Make all runs in their order."""
    with open(path, encoding="utf-8") as handle:
        settings = json.load(handle)
    with open(settings["output"], "ab") as output:
        for program, given in settings["runs"]:
            output.write(run(settings, program, given))
            output.flush()


if __name__ == "__main__":
    main(sys.argv[1])
