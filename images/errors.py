"""The errors of images.

ImagesError
├── BadSource        the user's mistake: a spec, project, release or repository that cannot become an image
│   └── RefusedSource  a source that breaks a rule of safety or a bound; has the `rule`
├── EngineError      the container engine failed or is not there
│   └── NoEngine     no engine answers
├── BaseError        no base image could be found, pulled or made
└── BuildFailed      the repository's build ended without an executable image; has a `reason` class
"""


class ImagesError(Exception):
    """Anything that goes wrong on the way to an image."""


class BadSource(ImagesError, ValueError):
    """A spec, project, release or repository that cannot become an image."""


class RefusedSource(BadSource):
    """A source that was not taken because it breaks a rule of safety or a bound; `rule` is the class that reports count."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.rule, str(self))


class EngineError(ImagesError):
    """The container engine failed."""


class NoEngine(EngineError):
    """No container engine answers."""


class BaseError(ImagesError):
    """No base image could be found, pulled or made."""


class BuildFailed(ImagesError):
    """A build that ended without an executable image; `reason` is the class that reports count."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
