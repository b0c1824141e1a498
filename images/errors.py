"""The errors of images.

ImagesError
├── BadSource        the user's mistake: a spec, project, release or repository that cannot become an image
├── EngineError      the container engine failed or is not there
│   └── NoEngine     no engine answers
├── BaseError        no base image could be found, pulled or made
└── BuildFailed      the repository's build ended without an executable image; has a `reason` class
"""


class ImagesError(Exception):
    """Anything that goes wrong on the way to an image."""


class BadSource(ImagesError, ValueError):
    """A spec, project, release or repository that cannot become an image."""


class EngineError(ImagesError):
    """The container engine failed."""


class NoEngine(EngineError):
    """No container engine answers."""


class BaseError(ImagesError):
    """No base image could be found, pulled or made."""


class BuildFailed(ImagesError):
    """A build that ended without an executable image; `reason` is the class that reports count, `said` the whole output."""

    def __init__(self, reason: str, message: str, said: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.said = said or message
