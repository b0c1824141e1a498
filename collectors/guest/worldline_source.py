"""Source: the text of code that lies in no file, as the linecache module knows it: attrs and IPython put theirs there.

Standard library only; Python 3.8 and newer. Not covered: text that is handed to exec or eval and kept nowhere. To learn of
it takes an audit hook, which an interpreter cannot be rid of again.
"""

import json
import struct
import sys

_MOST_CHARACTERS = 1 << 20


def source_block(payload, told):
    """Return a block S that goes before a block C, or nothing; `told` maps files to texts that the stream has, and is kept."""
    file = json.loads(payload.decode("ascii"))[0]
    text = _text(file)
    if text is None or told.get(file) == text:
        return b""
    told[file] = text
    payload = json.dumps([file, text], separators=(",", ":")).encode("ascii")
    return b"S" + struct.pack("<I", len(payload)) + payload


def _text(file):
    cache = getattr(sys.modules.get("linecache"), "cache", None)
    entry = cache.get(file) if type(cache) is dict else None
    # What was read from a disk has a time there.
    if type(entry) is not tuple or len(entry) != 4 or entry[1] is not None or type(entry[2]) is not list:
        return None
    if not all(type(line) is str for line in entry[2]) or sum(map(len, entry[2])) > _MOST_CHARACTERS:
        return None
    return "".join(entry[2])
