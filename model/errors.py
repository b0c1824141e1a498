"""The errors of the model.

ModelError
├── FormatError        a text that is not of the trace format
└── InterchangeError   a folder of weights that cannot be imported
"""


class ModelError(Exception):
    """Anything that goes wrong in the model."""


class FormatError(ModelError, ValueError):
    """A text that is not of the trace format."""


class InterchangeError(ModelError, ValueError):
    """A folder of weights that is not whole, not CWM's architecture, or not of the shape that it says."""
