"""Main module: a file, or a module found by its name, made ready to run as `__main__` as the interpreter itself would.

Standard library only; Python 3.8 and newer.
"""

import builtins
import importlib.machinery
import importlib.util
import io
import os
import sys
import types

# The module that was `__main__` before: what it holds lives on.
_before = []


def main_of_file(path, arguments, name=None):
    """Return the code of a file and the namespace to run it in; `name` is what the code calls its file, else its full path."""
    name = name or os.path.abspath(path)
    with io.open_code(path) as handle:
        code = compile(handle.read(), name, "exec", dont_inherit=True)
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    return code, _become_main(name, None, loader, [path] + arguments)


def main_of_module(name, arguments):
    """Return the code and the namespace of `python -m NAME`; raise ImportError when there is no such module."""
    sys.path[0] = os.getcwd()
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        spec = importlib.util.find_spec(name + ".__main__")
    code = spec.loader.get_code(spec.name) if spec is not None and spec.loader is not None else None
    if code is None:
        raise ImportError("no module named %s can be run" % name)
    return code, _become_main(spec.origin, spec, spec.loader, [spec.origin] + arguments)


def _become_main(file, spec, loader, arguments):
    module = types.ModuleType("__main__")
    module.__file__, module.__spec__, module.__loader__ = file, spec, loader
    module.__package__ = spec.parent if spec is not None else None
    # Left out, exec would put the whole dictionary of builtins here.
    module.__builtins__ = builtins
    module.__cached__ = None
    _before.append(sys.modules["__main__"])
    sys.modules["__main__"] = module
    sys.argv[:] = arguments
    return vars(module)
