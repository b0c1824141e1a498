"""The engines by name, and the choice of the fastest one that works here. Standard library only; Python 3.8 and newer."""

import importlib.util
import os
import sys

from worldline_settrace import SettraceHook


def load_native(path):
    """Load the extension from its file, so that no folder needs to be on sys.path; raise ImportError when it cannot be."""
    if "worldline_tracer" in sys.modules:
        return
    if not path or not os.path.exists(path):
        raise ImportError("there is no compiled engine for this interpreter")
    spec = importlib.util.spec_from_file_location("worldline_tracer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["worldline_tracer"] = module


def make_hook(write, wanted, shown, limits=None, bounds=None, engine=None, native=None, child=None):
    """Return a hook of the engine `native`, `monitoring` or `settrace`, or of the first of these that works.

    See Hook for the arguments; `native` is the path of the compiled extension. A named engine that does not work raises
    ImportError.
    """
    if engine in (None, "native"):
        try:
            load_native(native)
            from worldline_native import NativeHook

            return NativeHook(write, wanted, shown, limits, bounds, child)
        except ImportError:
            if engine:
                raise
    if engine == "monitoring" or (engine is None and sys.version_info >= (3, 12)):
        if sys.version_info < (3, 12):
            raise ImportError("sys.monitoring came with Python 3.12")
        from worldline_monitoring import MonitoringHook

        return MonitoringHook(write, wanted, shown, limits, bounds, child)
    return SettraceHook(write, wanted, shown, limits, bounds, child)
