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

    `kinds`, `codes`, `lines` and `counts` are open lists to which an engine appends one entry each for an event, `names`
    and `texts` one entry each for a change; `texts` holds str, or int for what it prints as.
    """

    def __init__(self, write, about):
        self._write = write
        # By identity: to hash a code object costs more than to trace a line. The object is kept, so the identity stays.
        self._codes = {}
        self._names = {}
        self.kinds, self.codes, self.lines, self.counts, self.names, self.texts = [], [], [], [], [], []
        write(MAGIC)
        self.block(b"H", about)

    def mend(self):
        """Leave out what an error has left half gathered."""
        events = min(map(len, (self.kinds, self.codes, self.lines, self.counts)))
        while events and sum(self.counts[:events]) > min(len(self.names), len(self.texts)):
            events -= 1
        changes = sum(self.counts[:events])
        for column in (self.kinds, self.codes, self.lines, self.counts):
            del column[events:]
        for column in (self.names, self.texts):
            del column[changes:]

    def clear(self):
        """Forget what was gathered and not yet written."""
        for column in (self.kinds, self.codes, self.lines, self.counts, self.names, self.texts):
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
        self.kinds.append(kind)
        self.codes.append(code)
        self.lines.append(line)
        self.counts.append(count)
        if len(self.kinds) >= CHUNK:
            self.flush()

    def flush(self):
        """Write the events gathered so far and return how many characters their texts have."""
        if not self.kinds:
            return 0
        texts = list(map(str, self.texts))
        text = "".join(texts)
        if text.isascii():
            lengths, blob = list(map(len, texts)), text.encode("ascii")
        else:
            encoded = [part.encode("utf-8", "backslashreplace") for part in texts]
            lengths, blob = list(map(len, encoded)), b"".join(encoded)
        columns = [_column(column) for column in (self.codes, self.lines, self.counts, self.names, lengths)]
        sizes = (len(self.kinds), len(self.names), len(blob), *[width for width, _ in columns])
        head = struct.pack("<III5B", *sizes) + bytes(self.kinds)
        payload = b"".join([head, *[made for _, made in columns], blob])
        self.clear()
        try:
            self._write(b"X" + struct.pack("<I", len(payload)) + payload)
        except BaseException:
            self._write = _refuse
            raise
        return len(text)
