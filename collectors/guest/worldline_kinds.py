"""Kinds: what a value of a type is shown as when it holds nothing, without ever calling a method of a foreign type.

Standard library only; Python 3.8 and newer.
"""

from weakref import ref

_LEAVES = (int, float, complex, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented))
# By identity: to look a type up by itself would call the __hash__ of its metaclass.
LEAF_IDS = frozenset(map(id, _LEAVES))
STR_ID = frozenset((id(str),))
CONTAINER_IDS = frozenset(map(id, (list, tuple, dict, set, frozenset)))
# Beyond this an interpreter may refuse to print an integer, whatever limit the program has set.
_MAX_BITS = 2048
_get = object.__getattribute__


def leaf_text(value, longest):
    """Return the repr of a leaf and whether it was shortened, which strings of more than `longest` items are."""
    kind = type(value)
    if kind is int and int.bit_length(value) > _MAX_BITS:
        return "<int of %d bits>" % int.bit_length(value), True
    if (kind is str or kind is bytes) and len(value) > longest:
        half = longest // 2
        return "%s<... %d items ...>%s" % (repr(value[:half]), len(value) - 2 * half, repr(value[-half:])), True
    return repr(value), False


# The slots of `type` itself: looked up on a class, a metaclass of the program could answer in their place.
_GETSET = type(type.__dict__["__dict__"])
_MEMBER = type(type(lambda: None).__dict__["__globals__"])
_name_of = type.__dict__["__name__"].__get__
_own_mro = type.__dict__["__mro__"].__get__
namespace_of = type.__dict__["__dict__"].__get__


def mro_of(kind):
    """Return the types that a type inherits from, itself first, whatever its metaclass says."""
    # Some built-in types of 3.8 and 3.9 have none until they are used.
    return _own_mro(kind) or ()


def type_name(kind):
    """Return the name of a type, whatever its metaclass says."""
    return _name_of(kind)


def plain_range(value):
    """Say whether a range or slice holds nothing but integers and None."""
    ends = (value.start, value.stop, value.step)
    return all(type(end) in (int, type(None)) for end in ends)


class _Example(object):
    def method(self):
        """Do nothing."""


_DICT_DOC = _Example.__dict__["__dict__"].__doc__
_FUNCTION = type(plain_range)
_METHOD = type(_Example().method)
_BUILTIN = type(len)
_MODULE = type(__import__("sys"))
_CODE_NAMED = (
    type((lambda: (yield))()),
    type(type_name.__code__),
)
_NAMED = frozenset(map(id, (_FUNCTION, _BUILTIN, _METHOD, _MODULE) + _CODE_NAMED))


def named(value, kind):
    """Return the text of functions, methods, modules and generators, which are shown by name; else None."""
    if kind is _FUNCTION:
        return "<function %s>" % _get(value, "__qualname__")
    if kind is _BUILTIN:
        return "<built-in function %s>" % _get(value, "__name__")
    if kind is _METHOD:
        target = _get(value, "__func__")
        return "<bound method %s>" % (
            _get(target, "__qualname__") if type(target) is _FUNCTION else type_name(type(target))
        )
    if kind is _MODULE:
        name = dict.get(_get(value, "__dict__"), "__name__", "?")
        return "<module %s>" % (name if type(name) is str else "?")
    if kind is _CODE_NAMED[0]:
        return "<generator object %s>" % _get(value, "__qualname__")
    if kind is _CODE_NAMED[1]:
        return "<code object %s>" % _get(value, "co_name")
    return None


def flat_text(value):
    """Return the text of a value of which no inside is shown, or None."""
    kind = type(value)
    if kind is range or kind is slice:
        return repr(value) if plain_range(value) else "<%s>" % kind.__name__
    return "<class %s>" % type_name(value) if issubclass(kind, type) else named(value, kind)


# What tells the name by which a value is shown: a member that the program can set, or what makes the text anew.
_NAMED_BY = {
    id(_FUNCTION): _FUNCTION.__dict__["__qualname__"].__get__,
    id(_BUILTIN): _BUILTIN.__dict__["__name__"].__get__,
    id(_CODE_NAMED[0]): _CODE_NAMED[0].__dict__["__qualname__"].__get__,
}


def namer_of(kind):
    """Return what tells the name by which a class or a value of a kind is shown, if that is all that its text says."""
    return _name_of if issubclass(kind, type) else _NAMED_BY.get(id(kind))


def true_text(value, longest):
    """Return what the value's own __repr__ says, without addresses, and whether it was shortened; None when it fails."""
    import re

    try:
        text = re.sub(" at 0x[0-9A-Fa-f]+", "", repr(value))
    except Exception:
        return None
    if len(text) <= longest:
        return text, False
    half = longest // 2
    return "%s<... %d characters ...>%s" % (text[:half], len(text) - 2 * half, text[-half:]), True


# Makes a plain value of what an instance of a subclass holds, without a method of the subclass; a container is read in place.
PLAIN = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}
_BASES = {id(base): base for base in (list, tuple, dict, set, frozenset) + tuple(PLAIN)}


def base_of(kind):
    """Return the built-in type that a class is derived from and that has a content, or None."""
    return next((_BASES[id(parent)] for parent in mro_of(kind) if id(parent) in _BASES), None)


class Facts(object):
    """What is known of a class: `known` is its id, `named` says that its values are shown by name, which `namer` tells.

    `keeps` says that its instances have dictionaries of their own, which `own_dictionary` returns. `base` is the built-in
    type that it is derived from, or None. `plain` says that its attributes were looked up as `object` does it. `slotted`
    says that a class of its order has slots. Nothing here holds the class.
    """

    __slots__ = ("base", "keeps", "kind", "known", "named", "namer", "order", "plain", "slotted")

    def __init__(self, kind, order):
        # A class has this reference already: the one by which its parent knows it.
        self.kind = ref(kind)
        self.known = id(kind)
        self.order = id(order)
        self.named = issubclass(kind, type) or id(kind) in _NAMED
        self.namer = namer_of(kind)
        self.base = base_of(kind)
        self.slotted = any("__slots__" in namespace_of(parent) for parent in order or ())
        self.plain = type(kind) is type and not any(
            "__getattribute__" in namespace_of(parent) for parent in (order or ())[:-1]
        )
        holders = ((parent, namespace_of(parent).get("__dict__")) for parent in order or ())
        first = next((found for found in holders if found[1] is not None), None)
        self.keeps = first is not None and _is_plain_getter(*first)


_facts = {}
_MOST_FACTS = 256


def facts_of(kind):
    """Return what is known of a class, which holds as long as the order of its classes does."""
    order, facts = _own_mro(kind), _facts.get(id(kind))
    if facts is None or facts.order != id(order) or facts.kind() is not kind:
        if len(_facts) >= _MOST_FACTS:
            _facts.clear()
        facts = _facts[id(kind)] = Facts(kind, order)
    return facts


def own_dictionary(value):
    """Return the dictionary of an instance of a class that `keeps` one; no property, slot descriptor or method is called."""
    return _get(value, "__dict__")


def _is_plain_getter(parent, holder):
    """Say whether a class gets its instances' dictionary as classes in Python do; one in C may do anything instead."""
    return type(holder) is _GETSET and (parent is BaseException or holder.__doc__ == _DICT_DOC)


def slots_of(kind):
    """Return the slots of a class by name: the last definition of each name counts, in the place of the first."""
    found = {}
    for parent in reversed(mro_of(kind)):
        names = namespace_of(parent)
        if "__slots__" in names:
            found.update((n, held) for n, held in names.items() if type(held) is _MEMBER and type(n) is str)
    return found


def slot_values(slots, value):
    """Return names and values of the slots that are set."""
    found = []
    for name, holder in slots.items():
        try:
            found.append((name, holder.__get__(value)))
        except AttributeError:
            pass
    return found
