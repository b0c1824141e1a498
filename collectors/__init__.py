"""Collectors: traces, coverage maps and episodes of real code; and the trace of a call of your own in two lines:

from collectors import trace_call
print(trace_call(function, 1, 2))
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectors.call_tracing import trace_call, trace_call_within
    from collectors.trace_bounds import TraceBounds
    from collectors.trace_view import print_trace

__all__ = ["TraceBounds", "print_trace", "trace_call", "trace_call_within"]

_HOMES = {
    "TraceBounds": "trace_bounds",
    "print_trace": "trace_view",
    "trace_call": "call_tracing",
    "trace_call_within": "call_tracing",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for at its first use, so that importing the package stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"collectors.{_HOMES[name]}"), name)
