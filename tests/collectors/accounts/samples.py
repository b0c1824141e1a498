"""A small program of many language features, and the accounts of its calls on each interpreter."""

from collections.abc import Sequence
from functools import lru_cache

from collectors.accounts.writer import write_account
from collectors.entry_points import functions_of
from collectors.function_calls import CallSettings, CallTracer
from collectors.function_inputs import FunctionCall
from collectors.tracing import TraceLimits
from images.local_container import LocalContainer
from tests.interpreters import interpreters
from trajectories.trace_record import Trace

SOURCE = """
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)

def to_int(text):
    if not text.strip():
        raise ValueError(f"empty: {text!r}")
    return int(text)

def parse_all(texts):
    found = []
    for text in texts:
        try:
            found.append(to_int(text))
        except ValueError:
            continue
        finally:
            last = text
    return found

def count_up(limit):
    n = 0
    while True:
        if n >= limit:
            return "end"
        yield n
        n += 1

def total_of(limit):
    total = 0
    for n in count_up(limit):
        total += n
    return total

def evens(ns):
    ev = [n for n in ns if n % 2 == 0]
    return sum(n * n for n in ev)

def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps

def find(xs, wanted):
    for place, x in enumerate(xs):
        if x == wanted: break
        if x is None: continue
    else:
        return -1
    return place

class Stack:
    def __init__(self, items):
        self.items = list(items)

    def push(self, item):
        self.items.append(item)
        return self

def use_stack(items):
    stack = Stack(items)
    stack.push(4).push(5)
    with open("/dev/null") as handle:
        handle.read()
    assert stack.items, "nothing"
    return sorted(stack.items, key=lambda item: -item)

def spread(a,
           b=(1,
              2)):
    result = dict(
        first=a,  # a comment
        second=[b, a],
    )
    if (a and
            b):
        del a
    return (
        result,
    )

def chain(n):
    table = {1: "one"}
    try:
        return table[n]
    except IndexError:
        return None
    except KeyError as error:
        raise ValueError("bad") from error
"""
_FUNCTIONS = {function.name: function for function in functions_of("samples.py", SOURCE)}


CALLS = [
    ("fib", "4"),
    ("parse_all", "['1', ' ', 'x', '7']"),
    ("total_of", "3"),
    ("evens", "[1, 4, 6]"),
    ("collatz", "27"),
    ("find", "[3, None, 5], 5"),
    ("find", "[], 5"),
    ("use_stack", "[1]"),
    ("spread", "1"),
    ("chain", "1"),
    ("chain", "2"),
]


def trace_of(function: str, arguments: str, python: str = "3.11") -> Trace:
    """Return the trace of a call of the program on an interpreter."""
    call = (function, arguments)
    return _traces(tuple(CALLS) if call in CALLS else (call,), python)[call]


@lru_cache(maxsize=64)
def _traces(calls: tuple[tuple[str, str], ...], python: str) -> dict[tuple[str, str], Trace]:
    made = [FunctionCall(function=_FUNCTIONS[function], arguments=arguments) for function, arguments in calls]
    limits = TraceLimits(events=2000, depth=30)
    with LocalContainer({"samples.py": SOURCE.encode()}, python=interpreters()[python]) as container:
        tracer = CallTracer(container, {"samples.py": SOURCE}, limits, CallSettings(), digest="d")
        found = {one.call: one.trace for one in tracer.trace(made)}
    return {call: found[one] for call, one in zip(calls, made, strict=True)}


def account_of(function: str, arguments: str, python: str = "3.11", *, longest: int = 6000) -> str:
    """Return the account of a call of the program."""
    return write_account(trace_of(function, arguments, python), longest=longest).text


def ordered(text: str, parts: Sequence[str]) -> bool:
    """Say whether the parts stand in the text in this order."""
    at = 0
    for part in parts:
        at = text.find(part, at) + len(part)
        if at < len(part):
            return False
    return True
