"""What an account shows as code, and whether its trace holds it."""

import re

from trajectories.trace_record import Trace

_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_PATH = re.compile(r"^\w+[.\[].*$", re.DOTALL)


def strangers(account: str, trace: Trace) -> list[str]:
    """Return the pieces of code in the account that stand neither in the trace's values nor in its source.

    White space and quotes do not count, nor what marks an omission: statements are written on one line, long values
    are cut, and a call is put together of its function and its arguments.
    """
    texts = [
        trace.source,
        re.sub(r"#.*", "", trace.source),
        *(f.source_line for f in trace.frames),
        *(f.value or "" for f in trace.frames),
    ]
    texts += [text for f in trace.frames for item in f.locals.items() for text in item]
    texts += [f.function for f in trace.frames]
    known = [_plain(text) for text in texts]
    held = "\0".join(known)
    pieces = [piece for span in _spans(account) for piece in _pieces(span)]
    return [piece for piece in pieces if _plain(piece) not in held]


def _spans(account: str) -> list[str]:
    return [found[2] for found in _SPAN.finditer(account)]


def _pieces(span: str) -> list[str]:
    """Return the parts of a span that must each occur: between omissions, and in a call between its arguments."""
    called = re.match(r"^([\w.<>]+)\((\w+=.*)\)$", span, re.DOTALL)
    texts = [called[1], *re.split(r", (?=\w+=)|(?<=\w)=", called[2])] if called else [span]
    if _PATH.match(span) and not called:
        texts = re.split(r"[.\[\]]", span)
    return [piece for text in texts for piece in re.split(r" ?…>?|: return ", text)]


def _plain(text: str) -> str:
    return re.sub(r"[\s'\"\\(),:]", "", text)
