"""The engines by name, and the choice of the fastest one that works here. Standard library only; Python 3.8 and newer."""

import sys

from worldline_settrace import SettraceHook


def make_hook(write, wanted, shown, limits=None, bounds=None, engine=None):
    """Return a hook of the engine `native`, `monitoring` or `settrace`, or of the first of these that works.

    See Hook for the arguments. A named engine that does not work raises ImportError.
    """
    if engine in (None, "native"):
        try:
            from worldline_native import NativeHook

            return NativeHook(write, wanted, shown, limits, bounds)
        except ImportError:
            if engine:
                raise
    if engine == "monitoring" or (engine is None and sys.version_info >= (3, 12)):
        if sys.version_info < (3, 12):
            raise ImportError("sys.monitoring came with Python 3.12")
        from worldline_monitoring import MonitoringHook

        return MonitoringHook(write, wanted, shown, limits, bounds)
    return SettraceHook(write, wanted, shown, limits, bounds)
