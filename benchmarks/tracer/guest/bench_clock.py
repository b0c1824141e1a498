"""The clock of the tracer benchmark. CPython 3.8 and newer."""

import gc
import time


def timed(run, work):
    """Return the CPU seconds that a tool's `run` takes for the work."""
    gc.collect()
    began = time.process_time()
    run(work)
    return time.process_time() - began
