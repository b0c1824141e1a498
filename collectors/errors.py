"""The errors of collection.

CollectorError
├── GuestStreamError   what the guest wrote cannot be decoded
└── TaskRefused        a planted bug or a fix is no valid task; has the reason that reports count
"""


class CollectorError(Exception):
    """Anything that goes wrong while collecting."""


class GuestStreamError(CollectorError):
    """What the guest wrote cannot be decoded."""


class TaskRefused(CollectorError):
    """A candidate that is no valid task."""
