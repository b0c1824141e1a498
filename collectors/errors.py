"""The errors of collection.

CollectorError
├── GuestStreamError   what the guest wrote cannot be decoded
└── FunctionNotFound   the file has no such function (function_tracing.py)
"""


class CollectorError(Exception):
    """Anything that goes wrong while collecting."""


class GuestStreamError(CollectorError):
    """What the guest wrote cannot be decoded."""
