"""Output: the file that a process writes its streams to. Standard library only; Python 3.8 and newer."""

import os


def open_output(path):
    """Open the file to be written behind its end; a worker of pytest-xdist gets `PATH.gw0`, `PATH.gw1` and so on.

    What is written is not gathered first: so it is there when the process dies, and no forked child writes it again.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return open("%s.%s" % (path, worker) if worker else path, "ab", 0)
