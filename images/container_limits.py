"""ContainerLimits: what one container may use before it is stopped."""

from dataclasses import dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLimits:
    """The bounds of one container: memory, processes, cores, seconds of life, bytes and files that it may write.

    It ends when its client has said nothing for `silence_s`. What lies in memory as files (temporary folder, POSIX and
    System V shared memory) stays, together, under a quarter of the memory: such files outlive the process that wrote
    them, and a container that is full of them runs no more command.
    """

    memory_bytes: int = 2 << 30
    processes: int = 512
    cpus: float = 1.0
    lifetime_s: int = 3600
    silence_s: int = 30
    disk_bytes: int = 4 << 30
    disk_files: int = 262_144

    def __post_init__(self) -> None:
        if self.memory_bytes < 32 * _MIB or self.disk_bytes < 16 * _MIB:
            raise ValueError(
                f"a container of {self.memory_bytes} bytes of memory and {self.disk_bytes} of disk cannot work: "
                "32 MiB and 16 MiB are the least"
            )
        if self.processes < 8 or self.cpus <= 0 or self.lifetime_s < 1 or self.silence_s < 1 or self.disk_files < 1024:
            raise ValueError(
                "a container needs 8 processes, a share of a core, a second of life and of silence, and 1,024 files"
            )

    @property
    def temporary_bytes(self) -> int:
        """Return the size of /tmp."""
        return min(256 * _MIB, self.memory_bytes // 8)

    @property
    def shared_bytes(self) -> int:
        """Return the size of /dev/shm, and of all System V segments together."""
        return min(64 * _MIB, self.memory_bytes // 16)

    @property
    def watched_bytes(self) -> int:
        """Return what is reckoned with where a watch ends the container: a tenth is two seconds' writing at 200 MB/s."""
        return self.disk_bytes + self.disk_bytes // 10

    @property
    def most_files(self) -> int:
        """Return how many files a disk of `disk_bytes` is made for: one for each two blocks at most."""
        return min(self.disk_files, self.disk_bytes // 8192)

    @property
    def file_bytes(self) -> int:
        """Return the largest size of one file."""
        return min(2 << 30, self.disk_bytes)
