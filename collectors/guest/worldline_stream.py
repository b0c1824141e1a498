"""Stream: the binary file that every engine of the tracer writes, append-only and readable up to where it ends.

A file begins with MAGIC; blocks follow, each a letter, the length of its payload (u32, little endian) and the payload:

    H  JSON object: what wrote the stream: engine, python, pid, thread, and the thread's name or ""
    C  JSON array: a code object: file, qualified name, first line; codes are numbered in the order of their blocks
    S  JSON array: the file that the next code names, and its text, where that lies on no disk
    N  JSON string: a name; names are numbered in the order of their blocks
    B  JSON object: a trace begins, with what the planner calls it
    X  events of the open trace, in columns
    E  JSON object: the open trace ends: {"cut": null or the bound that ended it, "values_cut": texts shortened}
    T  another thread's stream goes on: its number (u32) and bytes of it, which begin with MAGIC too

A stream is what one thread of one process wrote. The file's own is number 0, the others follow in the order in which they
were opened; H names the thread as the threading module does. A process that is forked writes no line into its parent's file.

The payload of X: number of events, number of changes, bytes of text (u32 each), the widths in bytes (u8 each: 1, 2 or 4)
of the columns code, line, count, name and length, then the columns: kind (u8: 0 call, 1 line, 2 return, 3 exception,
4 unwind), code, line, count (changes of the event) for each event, name and length for each change, and the texts one
after another in UTF-8. A change of length 0 says that the name was deleted. A return or exception has one change, of
name 0, which is its value. Unwind says that an exception has left a scope; it is no frame.

Standard library only; Python 3.8 and newer.
"""

import json
import struct
from array import array

MAGIC = b"WLTRACE2"
CALL, LINE, RETURN, EXCEPTION, UNWIND = range(5)
CHUNK = 4096
_CODES = {2: "H", 4: "I"}
_EVENT = struct.Struct("<4I")
packed = _EVENT.pack
# Up to so many it is quicker to take events apart one after another.
_FEW = 32


class Events(dict):
    """The packed events of a kind in a code, with some number of changes, by their lines: most of them come many times."""

    def __init__(self, kind, code, count):
        dict.__init__(self)
        self._made_of = kind, code, count

    def __missing__(self, line):
        kind, code, count = self._made_of
        made = self[line] = packed(kind, code, line, count)
        return made


def _columns(events, count):
    """Return the width and the bytes of the columns code, line and count of joined events."""
    if count < _FEW:
        return map(_column, list(zip(*_EVENT.iter_unpack(events)))[1:])
    return [_gathered(events, at) for at in (4, 8, 12)]


def _gathered(events, at):
    """Return the width of a column of joined events, which begins `at` bytes in each, and its bytes."""
    size = _EVENT.size
    first, second, *rest = (events[at + place :: size] for place in range(4))
    if any(part.strip(b"\0") for part in rest):
        return 4, _woven([first, second, *rest])
    return (2, _woven([first, second])) if second.strip(b"\0") else (1, first)


def _woven(parts):
    made = bytearray(len(parts) * len(parts[0]))
    for place, part in enumerate(parts):
        made[place :: len(parts)] = part
    return bytes(made)


def _column(values):
    """Return the width of a column and its bytes."""
    try:
        return 1, bytes(values)
    except ValueError:
        pass
    width = 2 if max(values) < 65536 else 4
    made = array(_CODES[width], values)
    if made.itemsize != width:
        raise ValueError("this platform has arrays of another width")
    return width, made.tobytes()


def _refuse(block):
    raise ValueError("the stream has lost a block")


class StreamWriter(object):
    """Gathers events and hands whole blocks to `write`, a callable that takes bytes.

    `events` is an open list to which an engine appends one packed event after another, and its changes before it: `names`
    and `texts` have one entry each for a change; `texts` holds str, or int for what it prints as.
    """

    def __init__(self, write, about):
        self._write = write
        # By identity: to hash a code object costs more than to trace a line. The object is kept, so the identity stays.
        self._codes = {}
        self._names = {}
        self.events, self.names, self.texts = [], [], []
        write(MAGIC)
        self.block(b"H", about)

    def mend(self):
        """Leave out what an error has left half gathered."""
        changes = sum(_EVENT.unpack(event)[3] for event in self.events)
        del self.names[changes:]
        del self.texts[changes:]

    def clear(self):
        """Forget what was gathered and not yet written."""
        for column in (self.events, self.names, self.texts):
            column.clear()

    def block(self, letter, value):
        """Write a block with a JSON payload, after the events that came before it; bytes are one already."""
        try:
            payload = value if type(value) is bytes else json.dumps(value, separators=(",", ":")).encode("ascii")
            self._write(letter + struct.pack("<I", len(payload)) + payload)
        except BaseException:
            self._write = _refuse
            raise

    def characters(self):
        """Return how many characters the texts have that were gathered so far."""
        return len("".join(map(str, self.texts)))

    def code(self, code):
        """Return the number of a code object, which is announced when it is new."""
        known = self._codes.get(id(code))
        if known is None:
            known = self._codes[id(code)] = (len(self._codes), code)
            name = getattr(code, "co_qualname", code.co_name)
            self.block(b"C", [code.co_filename, name, code.co_firstlineno])
        return known[0]

    def name(self, name):
        """Return the number of a name, which is announced when it is new."""
        number = self._names.get(name)
        if number is None:
            number = self._names[name] = len(self._names)
            self.block(b"N", name)
        return number

    def event(self, kind, code, line, count):
        """Take an event whose `count` changes were appended to `names` and `texts` before."""
        self.events.append(packed(kind, code, line, count))
        if len(self.events) >= CHUNK:
            self.flush()

    def flush(self):
        """Write the events gathered so far and return how many characters their texts have."""
        if not self.events:
            return 0
        # The quickest way to have an integer's text, and no work where it is one already.
        texts = [f"{text}" for text in self.texts]
        text = "".join(texts)
        if text.isascii():
            lengths, blob = list(map(len, texts)), text.encode("ascii")
        else:
            encoded = [part.encode("utf-8", "backslashreplace") for part in texts]
            lengths, blob = list(map(len, encoded)), b"".join(encoded)
        events = b"".join(self.events)
        columns = [*_columns(events, len(self.events)), _column(self.names), _column(lengths)]
        sizes = (len(self.events), len(self.names), len(blob), *[width for width, _ in columns])
        head = struct.pack("<III5B", *sizes) + events[:: _EVENT.size]
        payload = b"".join([head, *[made for _, made in columns], blob])
        self.clear()
        try:
            self._write(b"X" + struct.pack("<I", len(payload)) + payload)
        except BaseException:
            self._write = _refuse
            raise
        return len(text)
