"""The errors of the model.

ModelError
└── FormatError   a text that is not of the trace format
"""


class ModelError(Exception):
    """Anything that goes wrong in the model."""


class FormatError(ModelError, ValueError):
    """A text that is not of the trace format."""
