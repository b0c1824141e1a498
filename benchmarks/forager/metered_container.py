"""MeteredContainer: a container that says what processor time its processes took."""

from images.docker_container import DockerContainer
from images.engine import Engine

_COUNTER = "cat /sys/fs/cgroup/cpuacct/cpuacct.usage || grep usage_usec /sys/fs/cgroup/cpu.stat"


class Meter:
    """The sum of the processor seconds of all containers that were opened with it."""

    def __init__(self) -> None:
        self.seconds = 0.0


class MeteredContainer(DockerContainer):
    """Adds the kernel's count of its processor time to the meter at its close."""

    def __init__(self, engine: Engine, image: str, meter: Meter) -> None:
        super().__init__(engine, image)
        self._meter: Meter | None = meter

    def close(self) -> None:
        """See `Container.close`."""
        if self._meter:
            words = self.run(["sh", "-c", _COUNTER]).text.split()
            self._meter.seconds += float(words[-1]) / (1e6 if "usage_usec" in words else 1e9)
            self._meter = None
        super().close()
