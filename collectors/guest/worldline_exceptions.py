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
    "ImportError": ("msg",),
    "UnicodeEncodeError": ("encoding", "object", "reason"),
    "UnicodeDecodeError": ("encoding", "object", "reason"),
    "UnicodeTranslateError": ("object", "reason"),
    "BaseExceptionGroup": ("message",),
}
_GROUP = getattr(builtins, "BaseExceptionGroup", None)
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
    if teller is SyntaxError:
        # A traceback shows the place in lines of their own.
        return "%s: %s" % (name, _shown_alone(SyntaxError.msg.__get__(value))[:_LONGEST])
    text = _from_arguments(teller, value) if members is None else _from_members(teller, members, value)
    return "%s: %s" % (name, text[:_LONGEST]) if text else name


def is_group(kind):
    """Say whether an exception's type is that of a group, of which a part may leave a scope in its place."""
    return _GROUP is not None and any(parent is _GROUP for parent in mro_of(kind))


def _from_arguments(teller, value):
    arguments = _arguments_of(value)
    if len(arguments) != 1:
        return _shown(arguments) if arguments else ""
    return _shown(arguments[0]) if teller is KeyError else _shown_alone(arguments[0])


def _shown_alone(value):
    return value if type(value) is str else _shown(value)


def _from_members(teller, members, value):
    held = (namespace_of(teller)[member].__get__(value) for member in members)
    return namespace_of(teller)["__str__"](value) if all(id(type(member)) in LEAF_IDS for member in held) else ""


def _shown(value):
    return _snapshot.leaf(value)[0] if id(type(value)) in LEAF_IDS else _snapshot.whole(value).text
