"""Effects: which instructions touch nothing but the stack and local names, and so change no value that is shown.

Standard library only; Python 3.8 and newer. Not covered: a builtin's name that is something else when a loop over its
range begins, and itself again before the next step of the loop.
"""

import builtins
import dis
import sys

# (values taken from the stack, values put there) of instructions that touch nothing but the stack and local names, as
# long as the values they take are leaves: of the whole name, else of its first part.
_HARMLESS = {
    "LOAD_FAST": (0, 1), "LOAD_FAST_CHECK": (0, 1), "LOAD_FAST_BORROW": (0, 1), "LOAD_CONST": (0, 1),
    "LOAD_CONST_IMMORTAL": (0, 1), "LOAD_CONST_MORTAL": (0, 1), "LOAD_SMALL_INT": (0, 1), "LOAD_FAST_LOAD_FAST": (0, 2),
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": (0, 2), "STORE_FAST": (0, 0), "STORE_FAST_STORE_FAST": (0, 0),
    "STORE_FAST_LOAD_FAST": (0, 1),
    "DELETE_FAST": (0, 0), "POP_TOP": (1, 0), "MAKE_CELL": (0, 0), "COPY_FREE_VARS": (0, 0), "RETURN_GENERATOR": (0, 1),
    "BINARY_SLICE": (3, 1),
    "COMPARE_OP": (2, 1), "IS_OP": (2, 1), "CONTAINS_OP": (2, 1), "TO_BOOL": (1, 1), "NOP": (0, 0),
    "RESUME": (0, 0), "CACHE": (0, 0), "EXTENDED_ARG": (0, 0), "NOT_TAKEN": (0, 0), "JUMP_FORWARD": (0, 0),
    "JUMP_BACKWARD": (0, 0), "JUMP_ABSOLUTE": (0, 0), "POP_JUMP_IF_TRUE": (1, 0), "POP_JUMP_IF_FALSE": (1, 0),
    "POP_JUMP_IF_NONE": (1, 0), "POP_JUMP_IF_NOT_NONE": (1, 0), "POP_JUMP_FORWARD_IF_TRUE": (1, 0),
    "POP_JUMP_FORWARD_IF_FALSE": (1, 0), "POP_JUMP_BACKWARD_IF_TRUE": (1, 0), "POP_JUMP_BACKWARD_IF_FALSE": (1, 0),
    "BINARY": (2, 1), "INPLACE": (2, 1), "UNARY": (1, 1),
}  # fmt: skip


def _effect(name):
    return _HARMLESS.get(name) or _HARMLESS.get(name.split("_")[0])


_EFFECTS = {number: _effect(name) for name, number in dis.opmap.items()}
BINDING = frozenset(
    number
    for name, number in dis.opmap.items()
    if "_FAST" in name and ("STORE" in name or "DELETE" in name or "CLEAR" in name)
)
# Builtins that run no code of the program and give a leaf, as long as their arguments are leaves; and range.
_PURE = {
    name: vars(builtins)[name]
    for name in ("abs", "bool", "chr", "float", "int", "len", "max", "min", "ord", "range", "str")
}
_LEAF, _RANGE, _ITERATOR = range(3)
_LOAD_GLOBAL, _GET_ITER, _FOR_ITER = (dis.opmap[name] for name in ("LOAD_GLOBAL", "GET_ITER", "FOR_ITER"))
_CALLS = frozenset(dis.opmap.get(name) for name in ("CALL", "CALL_FUNCTION"))
_END_FOR = dis.opmap.get("END_FOR")
# Beside calls, without an effect of their own.
_IGNORED = frozenset(dis.opmap.get(name) for name in ("PRECALL", "CACHE", "EXTENDED_ARG"))
_NAME_SHIFT = 1 if sys.version_info >= (3, 11) else 0


class Stack(object):
    """What is known of the values that a line has put on the stack: leaves, names of pure builtins, ranges.

    `names` has for each line the builtins whose names it takes to be themselves.
    """

    def __init__(self, code):
        self._names = code.co_names
        self._values = []
        self._loops = set()
        self.names = {}

    def forget(self):
        """Know nothing of the values that lie there."""
        self._values = []

    def known(self):
        """Return how many leaves lie on top."""
        found = 0
        while found < len(self._values) and self._values[-1 - found] == _LEAF:
            found += 1
        return found

    def step(self, opcode, argument, line):
        """Take an instruction, and say whether it touches nothing but the stack and local names."""
        effect = _EFFECTS.get(opcode)
        if effect is not None:
            taken, put = effect
            harmless = self.known() >= taken
            if opcode in BINDING:
                self.forget()
            elif taken:
                del self._values[-taken:]
            self._values += [_LEAF] * put
            return harmless
        if opcode in _IGNORED:
            return True
        result = self._called(opcode, argument, line)
        if result is None:
            self.forget()
        return result is not None

    def _called(self, opcode, argument, line):
        """Take an instruction that loads or calls a builtin or loops over a range; return None for any other."""
        values = self._values
        if opcode == _LOAD_GLOBAL:
            name = self._names[argument >> _NAME_SHIFT]
            if name not in _PURE:
                return None
            self.names.setdefault(line, set()).add(name)
            values.append(name)
        elif opcode in _CALLS:
            if self.known() < argument or len(values) <= argument or values[-1 - argument] not in _PURE:
                return None
            made = _RANGE if values[-1 - argument] == "range" else _LEAF
            values[-1 - argument :] = [made]
        elif opcode == _GET_ITER:
            if not values or values[-1] != _RANGE:
                return None
            values[-1] = _ITERATOR
            self._loops.add(line)
        elif opcode in (_FOR_ITER, _END_FOR) and line in self._loops:
            values.append(_LEAF)
        else:
            return None
        return True


def are_pure(frame, names):
    """Say whether names of builtins stand for themselves in a frame."""
    own, built_in = frame.f_globals, frame.f_builtins
    if type(own) is not dict or type(built_in) is not dict:
        return False
    for name in names:
        if name in own or built_in.get(name) is not _PURE[name]:
            return False
    return True
