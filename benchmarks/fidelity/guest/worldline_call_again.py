"""Makes traced calls again, each in a process of its own: python worldline_call_again.py SETTINGS.

SETTINGS is that of worldline_call_functions, whose output form this has too, with other calls: [id, module, how, ...] where
`how` is "value" followed by a call, which is made untraced; "item" followed by a program, an expression and the text of its
expected value; or "program" followed by a source text that holds a `main`, which is run with the names of the module and
traced, and other modules whose names it needs too. Of a value JSON is written: {"end": "returned" or "raised", "text": its
repr or `TypeName: message`, "exact": whether all of it is of known types, "expected": the repr of an item's expected value}.
Python 3.8 and newer.
"""

import __future__

import importlib
import json
import random
import sys
import types

from worldline_call_functions import MAIN, main

PROGRAM = "<worldline program>"
_LEAVES = (int, float, complex, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented))


def is_exact(value, parents=()):
    """Say whether a value and all that it holds is of exact builtin types, whose repr calls nothing of the program."""
    kind = type(value)
    if kind in _LEAVES or id(value) in parents:
        return True
    inner = parents + (id(value),)
    if kind in (list, tuple, set, frozenset):
        return all(is_exact(item, inner) for item in value)
    if kind is dict:
        return all(is_exact(key, inner) and is_exact(item, inner) for key, item in value.items())
    if kind in (range, slice):
        return all(type(end) in (int, type(None)) for end in (value.start, value.stop, value.step))
    return False


def answer_of(function):
    """Return what a call without arguments gives."""
    random.seed(0)
    try:
        value = function()
    except Exception as error:
        kind, plain = type(error), not isinstance(type(error).__str__, types.FunctionType)
        exact = plain and is_exact(error.args)
        message = str(error) if exact else ""
        return {"end": "raised", "text": kind.__name__ + (": " + message if message else ""), "exact": exact}
    exact = is_exact(value)
    return {"end": "returned", "text": repr(value) if exact else type(value).__name__, "exact": exact}


def make_again(settings, number, write):
    """Make one call in its way and hand what it gives to `write`."""
    key, module, how, *rest = settings["calls"][number]
    names = dict(vars(importlib.import_module(module)))
    if how == "program":
        trace_program(settings, key, names, rest, write)
        return
    if how == "item":
        code, expression, expected = rest
        names = {"__name__": "program"}
        exec(compile(code, "<program>", "exec"), names)
        answer = answer_of(lambda: eval(expression, names))
        try:
            answer["expected"] = repr(eval(expected, {}))
        except Exception:
            answer["expected"] = expected
    else:
        exec(compile("def main():\n    return %s\n" % rest[0], MAIN, "exec"), names)
        answer = answer_of(names["main"])
    write(json.dumps(answer).encode("utf-8"))


def trace_program(settings, key, names, rest, write):
    """Run the program's text in the namespace and trace its main."""
    from worldline_engines import make_hook
    from worldline_recorder import Limits

    source, others = rest
    for module in others:
        names = {**vars(importlib.import_module(module)), **names}
    # The annotations of a module that postpones them may name what it imports for type checkers alone.
    flags = __future__.annotations.compiler_flag if names.get("annotations") is __future__.annotations else 0
    exec(compile(source, PROGRAM, "exec", flags), names)
    main_code, files = names["main"].__code__, frozenset(settings["shown"]) | {PROGRAM}
    hook = make_hook(
        write,
        lambda code: {"id": key} if code is main_code else None,
        lambda code: code.co_filename in files and code.co_name != "<module>",
        Limits(**settings["limits"]),
        native=settings["native"],
    )
    random.seed(0)
    hook.install()
    try:
        names["main"]()
    except Exception:
        pass
    finally:
        hook.remove()


if __name__ == "__main__":
    main(sys.argv[1], make_again)
