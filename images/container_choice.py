"""ContainerSettings: which kind of container a run uses, chosen by its recipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from images.bubblewrap_container import BubblewrapContainer
from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine
from images.errors import EngineError, NoEngine
from images.exported_root import export_root, find_root
from images.free_space import KEEP_FREE, LEAST_FREE, FreeSpace
from images.supervised_container import SupervisedContainer

_KINDS = ("docker", "bubblewrap")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSettings:
    """`docker`, or `bubblewrap` on the roots of images that were exported to the folder `roots`.

    `bounded = false` accepts bubblewrap where no groups of the kernel bound its memory, processes and cores. `keep_free`
    and `least_free` are shares of the disk (see `FreeSpace`).
    """

    kind: str = "docker"
    roots: str = ""
    bounded: bool = True
    keep_free: float = KEEP_FREE
    least_free: float = LEAST_FREE

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"kind is {self.kind!r}: it must be one of {', '.join(_KINDS)}")
        if (self.kind == "bubblewrap") != bool(self.roots):
            raise ValueError(
                f"roots is {self.roots!r}: it is the folder of exported images that bubblewrap alone needs"
            )
        FreeSpace(keep_free=self.keep_free, least_free=self.least_free)

    @property
    def free_space(self) -> FreeSpace:
        """Return how much of the disk stays free."""
        return FreeSpace(keep_free=self.keep_free, least_free=self.least_free)

    def session(self) -> "ContainerSession":
        """Return what opens such containers; raise `NoEngine` where one is needed and none answers."""
        try:
            return ContainerSession(self, Engine(free_space=self.free_space))
        except NoEngine:
            if self.kind == "docker":
                raise
            return ContainerSession(self, None)


class ContainerSession:
    """Context that opens containers of one kind; `engine` is None where none answers and none is needed."""

    def __init__(self, settings: ContainerSettings, engine: Engine | None) -> None:
        self.engine = engine
        self._settings = settings
        self._roots = Path(settings.roots).expanduser()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.engine:
            self.engine.close()

    def open(
        self, image: str, *, mounts: Mapping[str, str] | None = None, limits: ContainerLimits | None = None
    ) -> SupervisedContainer:
        """Open a container of the image."""
        if self._settings.kind == "bubblewrap":
            return BubblewrapContainer(
                self._roots,
                image,
                mounts=mounts,
                limits=limits,
                bounded=self._settings.bounded,
                free_space=self._settings.free_space,
            )
        return DockerContainer(self.needed_engine("a container"), image, mounts=mounts, limits=limits)

    def make_ready(self, image: str) -> bool:
        """See to it that containers of the image can be opened; return False when the image itself is missing."""
        if self.engine and self.engine.image_id(image) is None:
            return False
        if self._settings.kind == "bubblewrap" and self.engine:
            export_root(self.engine, image, self._roots)
        elif self._settings.kind == "bubblewrap":
            find_root(image, self._roots)
        return True

    def needed_engine(self, what: str) -> Engine:
        """Return the engine; raise `EngineError` when there is none to do what is asked for."""
        if self.engine is None:
            raise EngineError(f"{what} needs a container engine: run the recipe once on a machine that has one")
        return self.engine
