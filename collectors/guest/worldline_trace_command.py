"""Runs what `worldline trace` was given, under the tracer: python worldline_trace_command.py SETTINGS, a JSON file:

{"kind": "file", "module", "call" or "pytest", "target": path or module name, "arguments": [...], "call": expression,
"output": path, "ended": path, "roots": [folders], "limits": {...}, "seconds": of CPU time, "engine": name or null,
"native": path or null}. Standard library only, and pytest where it is asked for; Python 3.8 and newer.
"""

import importlib
import importlib.util
import json
import os
import sys

from worldline_main_module import main_of_file, main_of_module
from worldline_own_code import OwnCode
from worldline_session import Session

MAIN = "<worldline main>"
_HERE = os.path.dirname(os.path.abspath(__file__))


def run_main(session, settings, find):
    """Run a file or a module as `__main__`; a trace begins with its body."""
    try:
        code, names = find(settings["target"], settings["arguments"])
    except (ImportError, SyntaxError, ValueError) as error:
        return refuse(session, error)
    session.prepare(_only({code: {"id": MAIN}}), OwnCode(settings["roots"], code.co_filename))
    return session.run(lambda: exec(code, names))


def run_call(session, settings):
    """Import the file as the module that it is, and trace a `main` in its namespace that makes the call."""
    sys.argv[:] = [settings["target"]]
    try:
        names = dict(vars(_imported(settings["target"])))
    except Exception as error:
        return refuse(session, error)
    found = names
    for number, part in enumerate(settings["arguments"][0].split(".")):
        if number == 0 and part not in found or number and not hasattr(found, part):
            session.about["functions"] = [name for name, value in names.items() if _is_function(value, names)]
            session.end("missing", settings["arguments"][0])
            return 2
        found = found[part] if number == 0 else getattr(found, part)
    exec(compile("def main():\n    return %s\n" % settings["call"], MAIN, "exec"), names)
    main, own = names["main"].__code__, OwnCode(settings["roots"])
    session.prepare(_only({main: {"id": MAIN}}), lambda code: code is main or own(code))
    return session.run(names["main"])


def run_tests(session, settings):
    """Run pytest; a trace begins with the function of each test."""
    try:
        import pytest
        from worldline_tests_plugin import TestTraces
    except ImportError as error:
        return refuse(session, error)
    sys.path[0] = os.getcwd()
    own = OwnCode(settings["roots"])
    tests = TestTraces(session.about, own)
    session.prepare(tests.wanted, own)
    tests.hook = session.hook
    sys.argv[:] = [pytest.__file__] + settings["arguments"]
    status = pytest.main(settings["arguments"], plugins=[tests])
    session.end("pytest", int(status))
    return int(status)


def refuse(session, error):
    """State that the program cannot be run at all, and where that shows."""
    place, last = None, error.__traceback__
    while last is not None:
        file = last.tb_frame.f_code.co_filename
        if not file.startswith("<") and os.path.dirname(os.path.abspath(file)) != _HERE:
            place = [file, last.tb_lineno]
        last = last.tb_next
    message = str(error)
    if isinstance(error, SyntaxError):
        place, message = [error.filename, error.lineno], error.msg
    session.about["place"] = place
    session.end("refused", "%s: %s" % (type(error).__name__, message))
    return 2


def _only(codes):
    waiting = dict(codes)
    return lambda code: waiting.pop(code, None)


def _imported(path):
    """Return the module of a file, imported by the name that it has in its package."""
    folder, file = os.path.split(os.path.abspath(path))
    names = [os.path.splitext(file)[0]]
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        names.insert(0, package)
    sys.path[0] = folder
    if names[-1] == "__init__":
        names.pop()
    if len(names) > 1:
        importlib.import_module(".".join(names[:-1]))
    spec = importlib.util.spec_from_file_location(".".join(names), path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _is_function(value, names):
    return getattr(value, "__module__", None) == names["__name__"] and hasattr(value, "__code__")


def main(path):
    """Do as the settings say and leave with the program's exit code."""
    with open(path, encoding="utf-8") as handle:
        settings = json.load(handle)
    session = Session(settings)
    if settings["kind"] == "call":
        return run_call(session, settings)
    if settings["kind"] == "pytest":
        return run_tests(session, settings)
    return run_main(session, settings, main_of_file if settings["kind"] == "file" else main_of_module)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except KeyboardInterrupt:  # before the program began, or behind its end
        sys.exit(130)
