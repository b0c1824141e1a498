"""Lines: what the bytecode of a function's line can do, so that a step looks only at what the line can have changed.

Standard library only; Python 3.8 and newer. Not covered: names that other code binds through a frame's f_locals.
"""

import dis
import sys

from worldline_effects import BINDING, Stack
from worldline_scope import NO_LEAF

_OPTIMIZED = 0x1
_FUSED = frozenset(
    ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST")
)
# Without a line these run after an exception alone, of which the scope is told.
_RAISING = frozenset(
    dis.opmap.get(name)
    for name in ("SWAP", "COPY", "RERAISE", "POP_TOP", "POP_EXCEPT", "PUSH_EXC_INFO", "CALL_INTRINSIC_1", "DELETE_FAST")
)
_RESUME = dis.opmap.get("RESUME")

_LOCAL = {number: name for name, number in dis.opmap.items() if "_FAST" in name}


class Lines(object):
    """A function's names in the order of its slots, and for each line what it can do: (the slot that it can bind, its name,
    slots that it can bind, slots or None, (slots or None, slots and cells, builtins)).

    The first two are None where it can bind several; names stand beside the third, and beside the second in the last. That
    one's first says that the line changes nothing but local names, so long as each of these slots holds a leaf, or nothing,
    and these builtins are themselves; the fourth says the same where no builtin matters.

    A line that is not there may do anything, as `all` says. At first none is: to study a code costs as much as some steps
    without (`patience`), which `unknown` counts. `cells` are the slots that other functions can bind too, `given` those that
    a call can bind. A call begins where f_lasti is at most `start`.
    """

    __slots__ = (
        "all",
        "by_line",
        "cells",
        "code",
        "every",
        "given",
        "names",
        "no_leaves",
        "no_texts",
        "numbers",
        "patience",
        "start",
    )

    def __init__(self, code):
        self.code = code
        self.names = tuple(dict.fromkeys(code.co_varnames + code.co_cellvars + code.co_freevars))
        self.numbers = [None] * len(self.names)
        shared = set(code.co_cellvars + code.co_freevars)
        self.cells = tuple(slot for slot, name in enumerate(self.names) if name in shared)
        variable = bool(code.co_flags & 4) + bool(code.co_flags & 8)
        arguments = range(code.co_argcount + code.co_kwonlyargcount + variable)
        self.given = self._named({*arguments, *self.cells})
        # What a scope begins with.
        self.no_texts = [None] * len(self.names)
        self.no_leaves = [NO_LEAF] * len(self.names)
        every = self._named(range(len(self.names)))
        self.every = every
        self.all = (None, None, every, None, (None, every, ()))
        self.by_line = {}
        held = code.co_code
        self.patience = len(held)
        # An instruction's argument lies at the odd places.
        self.start = -1 if _RESUME is None else 2 * held[::2].find(_RESUME)

    def unknown(self):
        """Return what a line can do of which nothing is known; study the code when that was asked often."""
        self.patience -= 1
        if self.patience == 0:
            self._study()
        return self.all

    def _study(self):
        for line, (slots, needed, builtins) in _by_line(self.code).items():
            around = self._named({*slots, *self.cells})
            free = None if builtins else needed
            self.by_line[line] = (*self._only(slots), self._named(slots), free, (needed, around, builtins))

    def _only(self, slots):
        """Return the slot and its name where there is just one."""
        return (*slots, self.names[min(slots)]) if len(slots) == 1 else (None, None)

    def _named(self, slots):
        return tuple((slot, self.names[slot]) for slot in sorted(slots))


def lines_of(code):
    """Return the lines of a function's code, or None for code that keeps its names in a dictionary."""
    return Lines(code) if code.co_flags & _OPTIMIZED else None


def _slots(opcode, argument):
    """Return the slots of an instruction on local names, which may be two in one."""
    if _LOCAL[opcode] in _FUSED:
        return (argument >> 4, argument & 15)
    return (argument,)


def _by_line(code):
    """Return for each line (slots it can bind, slots that must hold leaves for it to be harmless, or None, builtins)."""
    bound, touched, harmful, always, stack = {}, {}, set(), set(), Stack(code)
    for opcode, argument, line, inside, harmless, known in _judged(code, stack):
        slots = _slots(opcode, argument) if opcode in _LOCAL else ()
        touched.setdefault(line, []).extend(slots)
        if opcode in BINDING:
            bound.setdefault(line, set()).update(slots)
            if line is None or inside:
                always.update(slots)
            if known < len(slots):
                # The value may be anything: touched once more, it would make the line harmful.
                touched[line].extend((slot, "given") for slot in slots)
        if not harmless and not (line is None and opcode in _RAISING):
            # What the middle of a line does is also done by lines that jump there.
            harmful.update((line, None) if inside else (line,))
    everywhere = touched.get(None, [])
    return {
        line: (
            bound.get(line, set()) | always,
            _needed(line, touched[line] + everywhere, harmful),
            tuple(sorted(stack.names.get(line, ()))),
        )
        for line in touched
    }


def _needed(line, touched, harmful):
    if line in harmful or None in harmful:
        return None
    given = {slot[0] for slot in touched if type(slot) is tuple}
    slots = [slot for slot in touched if type(slot) is int]
    return None if any(slots.count(slot) > 1 for slot in given) else frozenset(slots)


def _judged(code, stack):
    """Yield (opcode, argument, line, whether a jump leads here unseen, whether it is harmless, leaves on the stack before)."""
    targets = frozenset(dis.findlabels(code.co_code))
    last_start, inside = None, False
    for offset, opcode, argument, line, start in _instructions(code):
        if start != last_start or offset in targets:
            # What lies on the stack here may have been put there by another line.
            stack.forget()
            last_start = start
            # Up to 3.9 no event tells of a jump into the middle of a line.
            inside = sys.version_info < (3, 10) and offset != start
        known = stack.known()
        yield opcode, argument, line, inside, stack.step(opcode, argument, line), known


def _instructions(code):
    """Yield (offset, opcode, argument, line or None, where the line's run of instructions begins)."""
    data, extended = code.co_code, 0
    runs = _runs(code)
    start, end, line = next(runs, (0, len(data), None))
    for offset in range(0, len(data), 2):
        while offset >= end:
            start, end, line = next(runs, (end, len(data), line))
        opcode, argument = data[offset], data[offset + 1] | extended
        extended = argument << 8 if opcode == dis.EXTENDED_ARG else 0
        yield offset, opcode, argument, line, start


def _runs(code):
    if hasattr(code, "co_lines"):
        for start, end, line in code.co_lines():
            if end > start:
                yield start, end, line
        return
    starts = list(dis.findlinestarts(code))
    ends = [start for start, _ in starts[1:]] + [len(code.co_code)]
    for (start, line), end in zip(starts, ends):
        yield start, end, line
