"""Program layout: how a run of a whole program stands in the trace format; all of it is ours (docs/trace-values.md).

The entry is `<module>`. The context begins with a line that holds the start-of-trace comment alone; it is the line of the
entry's call frame, and so an empty one there. The program's text follows. The module's locals are its own names.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from collectors.events import CALL, LINE, Events, Stream

MODULE = "<module>"
START = "  # << START_OF_TRACE"
STDIN = "# << STDIN"
# What the interpreter puts into the namespace of a module: no state of the program.
_PUT_THERE = (
    *("__name__", "__doc__", "__package__", "__loader__", "__spec__", "__file__", "__cached__", "__builtins__"),
    *("__annotations__", "__annotate__", "__conditional_annotations__"),
)
# A program that reads more than this hardly ever stays within the bounds of a trace.
_MOST_STDIN = 4000


def program_context(text: str, others: Sequence[str] = ()) -> str:
    """Return the context of a program's trace: the marked line, its text, then the blocks of other files that it ran."""
    return "\n".join([f"{START}\n{_ended(text)}", *others])


def with_stdin(context: str, stdin: str) -> str:
    """Return the context with what the program is given to read as comments behind it: nothing else foretells that."""
    if not stdin:
        return context
    lines = stdin[:_MOST_STDIN].splitlines()
    if len(stdin) > _MOST_STDIN:
        lines.append(f"<... {len(stdin) - _MOST_STDIN} more characters ...>")
    return f"{context}\n{STDIN}\n" + "".join(f"# {line}".rstrip() + "\n" for line in lines)


def laid_out(stream: Stream) -> Stream:
    """Return the stream with a module's call in the line before its first, and without names that no program's text binds.

    Those are what the interpreter puts into a module, and what pytest's assertions keep (`@py_assert1`).
    """
    modules = np.array([code.name == MODULE for code in stream.codes], bool)
    odd_N = np.array([name.startswith("@") for name in stream.names], bool)
    if not modules.any() and not odd_N.any():
        return stream
    events = stream.events
    module_E = modules[events.code_E]
    line_E = np.where(module_E & (events.kind_E == CALL), 0, events.line_E)
    put_N = np.array([name in _PUT_THERE for name in stream.names], bool)
    state_C = np.repeat(events.kind_E <= LINE, events.count_E)
    # A name that was never announced is refused where frames are made.
    known_C = state_C & (events.name_C < len(stream.names))
    drop_C = known_C.copy()
    name_K = events.name_C[known_C]
    drop_C[known_C] = odd_N[name_K] | (put_N[name_K] & np.repeat(module_E, events.count_E)[known_C])
    return replace(stream, events=_without(replace(events, line_E=line_E), drop_C))


def _without(events: Events, drop_C: np.ndarray) -> Events:
    """Return the events less the changes that are dropped."""
    lengths_C = np.diff(events.offsets_C)
    event_C = np.repeat(np.arange(len(events.kind_E)), events.count_E)
    dropped_E = np.bincount(event_C[drop_C], minlength=len(events.kind_E))
    offsets = np.zeros(int((~drop_C).sum()) + 1, np.int64)
    np.cumsum(lengths_C[~drop_C], out=offsets[1:])
    text = np.frombuffer(events.text, np.uint8)[np.repeat(~drop_C, lengths_C)].tobytes()
    return replace(
        events, count_E=events.count_E - dropped_E, name_C=events.name_C[~drop_C], offsets_C=offsets, text=text
    )


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
