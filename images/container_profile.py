"""How a container runs: every flag of every kind of container that we start, in this one place.

The kinds: RUN runs a repository's tests and an agent's commands; BUILD installs into a container that is committed
afterwards; MAKE_BASE runs our own commands and a distribution's package manager, which needs the engine's usual rights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from images.container_limits import ContainerLimits

TEMPORARY_FILES = 100_000
OPEN_FILES = 4096
OOM_SCORE = 500
# What the supervisor needs to run commands as another user and to end them.
_CAPABILITIES = {"SETUID": 7, "SETGID": 6, "KILL": 5}
CAPABILITY_MASK = sum(1 << number for number in _CAPABILITIES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerProfile:
    """A kind of container. `closed`: our seccomp profile and capabilities; `read_only`: the image cannot be changed.

    `by_engine`: System V memory, files in /tmp and the set of capabilities that a program could be given are bounded by
    themselves, which only an engine does; `bounded`: memory, processes and cores are; `disk`: what can be written lies on
    a disk of its own; `one_user`: the supervisor has no capability and the commands' user.
    """

    name: str
    closed: bool = True
    read_only: bool = False
    by_engine: bool = True
    bounded: bool = True
    disk: bool = True
    one_user: bool = False


RUN = ContainerProfile(name="run", read_only=True)
BUILD = ContainerProfile(name="build")
MAKE_BASE = ContainerProfile(name="make-base", closed=False)


def seccomp_profile() -> str:
    """Return the system calls that a closed container may make, as the engine reads them.

    The model is the engine's newest default (moby/profiles, seccomp/default.json) without io_uring, ptrace,
    process_vm_*, memfd_secret, device nodes, kcmp, personality, file handles, fanotify, 32-bit calls and all families of
    sockets but unix, IPv4, IPv6 and netlink.
    """
    return (files("images") / "seccomp.json").read_text()


def host_settings(
    profile: ContainerProfile,
    limits: ContainerLimits,
    *,
    network: bool,
    mounts: Mapping[str, str],
    disks: Mapping[str, str],
) -> dict[str, Any]:
    """Return the engine's host settings, in the words of its SDK.

    `mounts` and `disks` map folders of the host to places inside, read-only and writable.
    """
    binds = {source: {"bind": target, "mode": "ro"} for source, target in mounts.items()}
    binds |= {source: {"bind": target, "mode": "rw"} for source, target in disks.items()}
    settings: dict[str, Any] = {
        "auto_remove": True,
        "network_mode": "bridge" if network else "none",
        "ipc_mode": "private",
        "cgroupns": "private",
        "security_opt": ["no-new-privileges"],
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "nano_cpus": round(limits.cpus * 1e9),
        "pids_limit": limits.processes,
        "shm_size": limits.shared_bytes,
        "sysctls": {
            "kernel.shmall": str(limits.shared_bytes // 4096),
            "kernel.shmmax": str(limits.shared_bytes),
            "kernel.msgmni": "32",
        },
        "oom_score_adj": OOM_SCORE,
        "ulimits": [
            {"Name": "nofile", "Soft": OPEN_FILES, "Hard": OPEN_FILES},
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "fsize", "Soft": limits.file_bytes, "Hard": limits.file_bytes},
        ],
        "log_config": {"type": "none"},
        "restart_policy": {"Name": "no"},
        "read_only": profile.read_only,
        "binds": binds,
    }
    if profile.closed:
        settings |= {"cap_drop": ["ALL"], "cap_add": list(_CAPABILITIES)}
        settings["security_opt"].append(f"seccomp={seccomp_profile()}")
    if profile.read_only:
        size = f"size={limits.temporary_bytes},nr_inodes={TEMPORARY_FILES}"
        settings["tmpfs"] = {"/tmp": f"rw,nosuid,nodev,exec,{size},mode=1777"}
    return settings
