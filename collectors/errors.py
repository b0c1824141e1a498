"""The errors of collection.

CollectorError
├── GuestStreamError   what the guest wrote cannot be decoded
├── PatchError         a patch does not fit the text, or is none
└── FunctionNotFound   the file has no such function (function_tracing.py)
"""


class CollectorError(Exception):
    """Anything that goes wrong while collecting."""


class GuestStreamError(CollectorError):
    """What the guest wrote cannot be decoded."""


class PatchError(CollectorError):
    """A patch does not fit the text that it is applied to, or is no unified diff."""
