"""The look: what the supervisor sees from inside a container, held against what its profile and limits ask for.

A flag that an engine passes over in silence is worse than one that it refuses: no command runs in such a container.
"""

from collections.abc import Mapping, Sequence

from images.container_limits import ContainerLimits
from images.container_profile import CAPABILITY_MASK, OOM_SCORE, OPEN_FILES, TEMPORARY_FILES, ContainerProfile
from images.supervisor import Supervisor

_EPERM = "1"
_PLACES = (
    "/proc/self/status",
    "/proc/self/limits",
    "/proc/self/oom_score_adj",
    "/proc/self/cgroup",
    "/proc/net/dev",
    "/proc/sys/kernel/shmall",
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory.swap.max",
    "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes",
    "/sys/fs/cgroup/pids.max",
    "/sys/fs/cgroup/pids/pids.max",
    "/sys/fs/cgroup/cpu.max",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
    "=/",
    "=/tmp",
    "=/dev/shm",
)


def deviations(
    supervisor: Supervisor, profile: ContainerProfile, limits: ContainerLimits, *, network: bool, disks: Sequence[str]
) -> list[str]:
    """Return what is otherwise than asked for, in a few words each; an empty list is as it should be."""
    seen = supervisor.look([*_PLACES, *(f"={folder}" for folder in disks)])
    found = [*_rights(seen, profile), *_limits(seen, limits)]
    if profile.bounded:
        found += _bounds(seen, limits)
    if profile.by_engine and seen["/proc/sys/kernel/shmall"].strip() != str(limits.shared_bytes // 4096):
        found.append(f"System V memory {seen['/proc/sys/kernel/shmall'].strip()} pages")
    if not network and set(_interfaces(seen["/proc/net/dev"])) - {"lo"}:
        found.append(f"network interfaces {_interfaces(seen['/proc/net/dev'])}")
    if profile.read_only:
        files = TEMPORARY_FILES if profile.by_engine else None
        found += _disks(seen, limits, disks if profile.disk else (), temporary_files=files)
    return found


def _rights(seen: Mapping[str, str], profile: ContainerProfile) -> list[str]:
    status = dict(line.split(":\t", 1) for line in seen["/proc/self/status"].splitlines() if ":\t" in line)
    found = [] if status.get("NoNewPrivs") == "1" else ["new privileges can be gained"]
    if status.get("Seccomp") != "2":
        found.append("system calls are not filtered")
    if not profile.closed:
        return found
    for kind in ("CapEff", "CapBnd") if profile.by_engine else ("CapEff", "CapPrm"):
        if int(status.get(kind, "-1"), 16) != (0 if profile.one_user else CAPABILITY_MASK):
            found.append(f"capabilities {kind} {status.get(kind)}")
    if seen["refused"].split() != [_EPERM] * 3:
        found.append("system calls are filtered by another profile")
    return found


def _bounds(seen: Mapping[str, str], limits: ContainerLimits) -> list[str]:
    found = []
    memory = seen["/sys/fs/cgroup/memory.max"] or seen["/sys/fs/cgroup/memory/memory.limit_in_bytes"]
    if not memory.strip().isdigit() or int(memory) > limits.memory_bytes:
        found.append(f"memory {memory.strip() or 'unknown'}")
    swap = seen["/sys/fs/cgroup/memory.swap.max"].strip() or "0"
    both = seen["/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"].strip() or "0"
    if swap != "0" or int(both) > limits.memory_bytes:
        found.append("swap beyond the memory")
    processes = (seen["/sys/fs/cgroup/pids.max"] or seen["/sys/fs/cgroup/pids/pids.max"]).strip()
    if processes != str(limits.processes):
        found.append(f"processes {processes or 'unknown'}")
    quota, _, period = seen["/sys/fs/cgroup/cpu.max"].strip().partition(" ")
    quota = quota or seen["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"].strip()
    period = period or seen["/sys/fs/cgroup/cpu/cpu.cfs_period_us"].strip()
    cores = int(quota) / int(period) if quota.isdigit() and period.isdigit() else -1
    if abs(cores - limits.cpus) > 0.01 * limits.cpus:
        found.append(f"cores {quota or 'unknown'} of {period or 'unknown'}")
    if any(line.rsplit(":", 1)[-1] != "/" for line in seen["/proc/self/cgroup"].split()):
        found.append("the machine's cgroups are shown")
    return found


def _limits(seen: Mapping[str, str], limits: ContainerLimits) -> list[str]:
    wanted = {"Max open files": OPEN_FILES, "Max core file size": 0, "Max file size": limits.file_bytes}
    lines = seen["/proc/self/limits"].splitlines()
    found = []
    for name, value in wanted.items():
        given = next((line[len(name) :].split()[:2] for line in lines if line.startswith(name)), [])
        if given != [str(value)] * 2:
            found.append(f"{name.lower()} {given}")
    if seen["/proc/self/oom_score_adj"].strip() != str(OOM_SCORE):
        found.append(f"oom score {seen['/proc/self/oom_score_adj'].strip()}")
    return found


def _disks(
    seen: Mapping[str, str], limits: ContainerLimits, disks: Sequence[str], *, temporary_files: int | None
) -> list[str]:
    found = [] if _space(seen["=/"])[2] else ["the root can be written"]
    tmpfs = {"/tmp": (limits.temporary_bytes, temporary_files), "/dev/shm": (limits.shared_bytes, None)}
    for folder, (most_bytes, most_files) in {
        **tmpfs,
        **dict.fromkeys(disks, (limits.disk_bytes, limits.most_files)),
    }.items():
        size, count, read_only = _space(seen[f"={folder}"])
        # A file system rounds its number of files up to whole groups of blocks.
        if read_only or size > most_bytes or (most_files and count > 1.1 * most_files + 32_768):
            found.append(f"{folder} has {size} bytes and {count} files")
    return found


def _space(text: str) -> tuple[int, int, bool]:
    size, count, read_only = (int(word) for word in text.split()) if text else (1 << 62, 1 << 62, 0)
    return size, count, bool(read_only)


def _interfaces(text: str) -> list[str]:
    return sorted(line.split(":")[0].strip() for line in text.splitlines() if ":" in line)
