"""MeteredContainer: a container that says what processor time its processes took."""

from collections.abc import Mapping, Sequence

from images.container import Completed, Container

_COUNTER = "cat /sys/fs/cgroup/cpuacct/cpuacct.usage || grep usage_usec /sys/fs/cgroup/cpu.stat"


class Meter:
    """The sum of the processor seconds of all containers that were opened through it."""

    def __init__(self) -> None:
        self.seconds = 0.0


class MeteredContainer:
    """Passes all on to the container; at its close the kernel's count of its processor time is added to the meter."""

    def __init__(self, container: Container, meter: Meter) -> None:
        self._container = container
        self._meter = meter
        self._open = True
        self.root, self.python = container.root, container.python

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> Completed:
        """See `Container.run`."""
        return self._container.run(command, cwd=cwd, env=env, timeout_s=timeout_s)

    def put(self, files: Mapping[str, bytes]) -> None:
        """See `Container.put`."""
        self._container.put(files)

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """See `Container.get`."""
        return self._container.get(paths)

    def close(self) -> None:
        """See `Container.close`."""
        if self._open:
            self._open = False
            self._meter.seconds += _used(self._container)
            self._container.close()


def _used(container: Container) -> float:
    words = container.run(["sh", "-c", _COUNTER]).text.split()
    number = float(words[-1])
    return number / 1e6 if "usage_usec" in words else number / 1e9
