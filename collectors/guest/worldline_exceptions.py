"""Exceptions: what an exception is shown as, made without calling a method of a foreign type.

Standard library only; Python 3.8 and newer.
"""

import builtins

from worldline_kinds import LEAF_IDS, mro_of, namespace_of, type_name
from worldline_snapshot import Snapshot

_LONGEST = 500
_snapshot = Snapshot()
_BUILTIN = {
    id(kind): kind for kind in vars(builtins).values() if isinstance(kind, type) and issubclass(kind, BaseException)
}
# What the message of these is made of; that of all others is made of the arguments.
_MADE_OF = {
    "OSError": ("errno", "strerror", "filename", "filename2"),
    "SyntaxError": ("msg", "filename", "lineno"),
    "ImportError": ("msg",),
    "UnicodeEncodeError": ("encoding", "object", "reason"),
    "UnicodeDecodeError": ("encoding", "object", "reason"),
    "UnicodeTranslateError": ("object", "reason"),
    "BaseExceptionGroup": ("message",),
}
_arguments_of = BaseException.args.__get__


def exception_text(kind, value):
    """Return what a traceback's last line prints: `TypeName: message`; arguments are shown as values are.

    The message is left out where the class makes one by code of its own.
    """
    name = type_name(kind)
    teller = next((parent for parent in mro_of(type(value)) if "__str__" in namespace_of(parent)), None)
    if id(teller) not in _BUILTIN:
        return name
    members = _MADE_OF.get(teller.__name__)
    text = _from_arguments(teller, value) if members is None else _from_members(teller, members, value)
    return "%s: %s" % (name, text[:_LONGEST]) if text else name


def _from_arguments(teller, value):
    arguments = _arguments_of(value)
    if len(arguments) != 1:
        return _shown(arguments) if arguments else ""
    plain = type(arguments[0]) is str and teller is not KeyError
    return arguments[0] if plain else _shown(arguments[0])


def _from_members(teller, members, value):
    held = (namespace_of(teller)[member].__get__(value) for member in members)
    return namespace_of(teller)["__str__"](value) if all(id(type(member)) in LEAF_IDS for member in held) else ""


def _shown(value):
    return _snapshot.leaf(value)[0] if id(type(value)) in LEAF_IDS else _snapshot.whole(value).text
