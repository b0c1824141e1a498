"""Executes calls and compares predicted outputs: python worldline_check_outputs.py FILE, a JSON list of
[module, function, {argument: literal}, predicted text], where the function may be a whole call with its arguments.

Writes FILE + ".out": a JSON list of true, false or null, where null says that the call could not be made or took too long.
Python 3.8 and newer.
"""

import ast
import importlib
import inspect
import json
import signal
import sys

_SECONDS = 5


def check(module, function, arguments, predicted):
    """Return whether the call's result has the predicted repr, or None for a call that cannot be made again."""
    signal.alarm(_SECONDS)
    try:
        names = vars(importlib.import_module(module))
        if function.endswith(")"):
            return repr(eval(function, dict(names))) == predicted
        called = names[function]
        values = {name: ast.literal_eval(text) for name, text in arguments.items()}
        positional, named = [], {}
        for name, parameter in inspect.signature(called).parameters.items():
            if name not in values:
                return None
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional.extend(values[name])
            elif parameter.kind is parameter.VAR_KEYWORD:
                named.update(values[name])
            elif parameter.kind is parameter.KEYWORD_ONLY:
                named[name] = values[name]
            else:
                positional.append(values[name])
        result = called(*positional, **named)
        return repr(result) == predicted
    except Exception:
        return None
    finally:
        signal.alarm(0)


def _too_late(number, frame):
    raise TimeoutError


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _too_late)
    sys.path.insert(0, ".")
    with open(sys.argv[1], encoding="utf-8") as handle:
        calls = json.load(handle)
    answers = [check(*call) for call in calls]
    with open(sys.argv[1] + ".out", "w", encoding="utf-8") as handle:
        json.dump(answers, handle)
