"""A pytest plugin that writes with which arguments chosen functions are called, where all of them print as literals.

WORLDLINE_INPUTS names a JSON file: {"output": path, "functions": [[file, first line], ...], "most": inputs of one function,
"characters": the most of one call}. Each line of the output is a JSON array: [file, first line, function, arguments], the
arguments as they stand between the parentheses of a call. Python 3.8 and newer.
"""

import json
import keyword
import os
import random
import sys

import pytest

_VARARGS, _VARKEYWORDS, _GENERATORS = 0x04, 0x08, 0x20 | 0x80 | 0x200
_LEAVES = (int, str, bytes, bool, type(None))
_DEPTH, _NODES = 6, 200


class _NoLiteral(Exception):
    pass


class _Literal(object):
    """Makes the literal of a value of exact builtin types, within bounds; raises _NoLiteral for any other."""

    def __init__(self, characters):
        self._characters = characters
        self._nodes = _NODES

    def text(self, value, depth=_DEPTH):
        """Return the literal."""
        kind = type(value)
        self._nodes -= 1
        if depth <= 0 or self._nodes <= 0:
            raise _NoLiteral
        if kind in _LEAVES:
            return self._leaf(value, kind)
        if kind is float and value - value == 0.0:
            return repr(value)
        if kind in (list, tuple):
            parts = [self.text(item, depth - 1) for item in kind.__iter__(value)]
            if kind is list:
                return "[" + ", ".join(parts) + "]"
            return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"
        if kind is set and value:
            return "{" + ", ".join(sorted(self.text(item, depth - 1) for item in set.__iter__(value))) + "}"
        if kind is dict:
            pairs = dict.items(value)
            return (
                "{" + ", ".join("%s: %s" % (self.text(k, depth - 1), self.text(v, depth - 1)) for k, v in pairs) + "}"
            )
        raise _NoLiteral

    def _leaf(self, value, kind):
        if kind is int and int.bit_length(value) > 256:
            raise _NoLiteral
        if kind in (str, bytes) and kind.__len__(value) > self._characters:
            raise _NoLiteral
        return repr(value)


def call_text(frame, characters):
    """Return the arguments of the call that a frame begins, or None when they are no literals or too long."""
    code, values = frame.f_code, frame.f_locals
    literal = _Literal(characters)
    plain, named = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    try:
        parts = [literal.text(values[name]) for name in names[:plain]]
        rest = plain + named
        if code.co_flags & _VARARGS:
            parts += [literal.text(item) for item in values[names[rest]]]
            rest += 1
        parts += ["%s=%s" % (name, literal.text(values[name])) for name in names[plain : plain + named]]
        if code.co_flags & _VARKEYWORDS:
            for name, value in dict.items(values[names[rest]]):
                if not name.isidentifier() or keyword.iskeyword(name):
                    return None
                parts.append("%s=%s" % (name, literal.text(value)))
    except (_NoLiteral, KeyError, ValueError, RecursionError):
        return None
    text = ", ".join(parts)
    return text if len(text) <= characters else None


class _Listening(object):
    def __init__(self, settings):
        self.output = open(settings["output"], "a", encoding="utf-8")
        self.most = settings["most"]
        self.characters = settings["characters"]
        self.seen = {(path, line): set() for path, line in settings["functions"]}

    def called(self, frame, event, argument):
        """Take a call; no line of any code is looked at."""
        code = frame.f_code
        key = (code.co_filename, code.co_firstlineno)
        seen = self.seen.get(key)
        if seen is None or len(seen) >= self.most or code.co_flags & _GENERATORS:
            return None
        text = call_text(frame, self.characters)
        if text is not None and text not in seen:
            seen.add(text)
            self.output.write(json.dumps([key[0], key[1], code.co_name, text]) + "\n")
        return None


def pytest_configure(config):
    with open(os.environ["WORLDLINE_INPUTS"], encoding="utf-8") as handle:
        config._worldline_listening = _Listening(json.load(handle))


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_runtest_call(item):
    listening = item.config._worldline_listening
    random.seed(0)
    sys.settrace(listening.called)
    try:
        yield
    finally:
        sys.settrace(None)
        listening.output.flush()
