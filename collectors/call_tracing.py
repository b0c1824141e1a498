"""Call tracing: one call of a function in this very process, traced: `trace_call(function, 1, 2)`."""

import functools
import importlib
import inspect
import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from collectors.errors import CollectorError
from collectors.events import read_stream
from collectors.native_engine import FILE, native_for_interpreter
from collectors.source_context import SourceTexts
from collectors.trace_bounds import TraceBounds
from collectors.tracing import decode
from trajectories.trace_record import Trace
from trajectories.trace_table import traces_of

_ID = "call"
# Characters of values; the bound that people meet is that of events.
_SIZE = 50_000_000
_LATER = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def trace_call(function: Callable[..., object], /, *arguments: Any, **named: Any) -> Trace:
    """Call the function and return the trace of it and of what it calls, libraries left out.

    An exception that leaves the function ends its trace (`trace.result`) and is not raised; an interrupt from the keyboard
    is. Raises `TypeError` for what has no Python code, and for functions whose body does not run when they are called.
    """
    return trace_call_within(TraceBounds(), function, *arguments, **named)


def trace_call_within(bounds: TraceBounds, function: Callable[..., object], /, *arguments: Any, **named: Any) -> Trace:
    """Do as `trace_call` does, within other bounds; beyond them the call goes on and is not recorded."""
    codes = _codes_of(function)
    stream = bytearray()
    hook = _hook(stream, codes, bounds)
    before = sys.gettrace()
    hook.install()
    try:
        function(*arguments, **named)
    except (Exception, SystemExit):
        pass  # it is in the trace
    finally:
        hook.remove()
        if before is not None:
            sys.settrace(before)
    return _decoded(bytes(stream), function)


def _codes_of(function: object) -> list[CodeType]:
    """Return the code that the call begins with, and that of the functions which it wraps."""
    codes = [each.__code__ for each in _wrapped(function) if isinstance(each, FunctionType)]
    if not codes:
        raise TypeError(
            f"{function!r} has no Python code to trace: give a function, a method or an object with __call__"
        )
    if codes[-1].co_flags & _LATER:
        name = codes[-1].co_name
        raise TypeError(
            f"the body of {name!r} does not run when it is called: trace a function that iterates or awaits it"
        )
    return codes


def _wrapped(called: Any) -> Iterator[object]:
    """Yield the functions that a call of the object may begin with, the outermost first."""
    seen: set[int] = set()
    while called is not None and id(called) not in seen:
        seen.add(id(called))
        if isinstance(called, functools.partial):
            called = called.func
        elif isinstance(called, MethodType):
            called = called.__func__
        elif inspect.isclass(called):
            called = inspect.getattr_static(called, "__init__")
        elif inspect.isfunction(called) or hasattr(called, "__wrapped__"):
            yield called
            called = getattr(called, "__wrapped__", None)
        else:
            called = inspect.getattr_static(type(called), "__call__", None)


def _hook(stream: bytearray, codes: list[CodeType], bounds: TraceBounds) -> Any:
    """Return the fastest engine that works here, not installed yet; a trace begins once, with one of the codes."""
    compiled = native_for_interpreter(sys.executable)
    engines, recorder, own_code = _guest("worldline_engines", "worldline_recorder", "worldline_own_code")
    own, here, waiting = own_code.OwnCode(["/"]), {code.co_filename for code in codes}, list(codes)

    def wanted(code: CodeType) -> dict[str, str] | None:
        if not any(code is known for known in waiting):
            return None
        waiting.clear()
        return {"id": _ID}

    limits = recorder.Limits(events=bounds.events, size=_SIZE, depth=bounds.depth, seconds=bounds.seconds)
    native = str(compiled / FILE) if compiled else None
    with _guest_on_path():
        return engines.make_hook(
            stream.extend, wanted, lambda code: code.co_filename in here or own(code), limits, native=native
        )


def _guest(*names: str) -> list[ModuleType]:
    with _guest_on_path():
        return [importlib.import_module(name) for name in names]


@contextmanager
def _guest_on_path() -> Iterator[None]:
    """Let the guest's modules, which stand alone in foreign interpreters, import each other for the time of the block."""
    with as_file(files("collectors.guest")) as folder:
        sys.path.insert(0, str(folder))
        try:
            yield
        finally:
            sys.path.remove(str(folder))


def _decoded(data: bytes, function: object) -> Trace:
    texts = {code.file: "".join(linecache.getlines(code.file)) for code in read_stream(data).codes}
    name = getattr(function, "__qualname__", type(function).__name__)
    found = traces_of(decode(data, {_ID: name}, SourceTexts(texts, root=str(Path.cwd()))))
    if not found:
        raise CollectorError(f"the call of {name!r} ran none of its Python code: a kept result may have answered it")
    return found[0][0]
