"""The errors of images.

ImagesError
├── BadSource        the user's mistake: a spec, project, release or repository that cannot become an image
│   └── RefusedSource  a source that breaks a rule of safety or a bound; has the `rule`
├── EngineError      the container engine failed or is not there
│   ├── NoEngine     no engine answers
│   ├── NoSpace      this machine's disk is too full for what a container may write
│   ├── EngineBusy   the engine was too slow, or failed by itself: the same may be asked again
│   └── ContainerLost  a container has ended or can no longer be trusted: take another one; has a `reason` class
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


class NoSpace(EngineError):
    """This machine's disk is too full for what a container may write."""


class EngineBusy(EngineError):
    """The engine did not answer in time, or failed by itself."""


class ContainerLost(EngineError):
    """A container that takes no more commands: `reason` is `ended`, `protocol`, `poisoned` or `disk`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.reason, str(self))


class BaseError(ImagesError):
    """No base image could be found, pulled or made."""


class BuildFailed(ImagesError):
    """A build that ended without an executable image.

    `reason` is the class that reports count, `said` the whole output, `stage` that of the command that failed.
    """

    def __init__(self, reason: str, message: str, said: str = "", *, stage: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.said = said or message
        self.stage = stage

    def __reduce__(self) -> tuple[type, tuple[str, str], dict[str, object]]:
        return type(self), (self.reason, str(self)), vars(self)
