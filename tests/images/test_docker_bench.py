"""Section 5 of docker-bench (the CIS benchmark's running containers), for every kind of container that we start (T19)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from images.container_limits import ContainerLimits
from images.container_profile import BUILD, MAKE_BASE, RUN
from images.docker_container import DockerContainer
from images.engine import Engine
from images.engine_containers import Opening
from images.supervisor_binary import ensure_supervisor

pytestmark = pytest.mark.docker
Seen = dict[str, Any]
_SENSITIVE = ("/", "/boot", "/dev", "/etc", "/lib", "/proc", "/sys", "/usr", "/var/run/docker.sock", "/run/docker.sock")


def _host(name: str, *allowed: object) -> Callable[[Seen], bool]:
    return lambda seen: seen["HostConfig"][name] in allowed


# Left out: 5.1 and 5.2 (AppArmor and SELinux are the machine's), 5.22 and 5.23 (nothing of ours uses exec), 5.26 (the
# supervisor is asked, not a health check), 5.27 (images are named by digest or version, not `latest`).
_CHECKS: dict[str, Callable[[Seen], bool]] = {
    "5.3 capabilities are dropped": lambda seen: seen["HostConfig"]["CapDrop"] == ["ALL"],
    "5.4 not privileged": _host("Privileged", False),
    "5.5 no sensitive folder of the host": lambda seen: not any(m["Source"] in _SENSITIVE for m in seen["Mounts"]),
    "5.6 no ssh server": lambda seen: "ssh" not in str(seen["Config"]["Cmd"]),
    "5.7, 5.8, 5.13 no ports": lambda seen: (
        not (seen["HostConfig"]["PortBindings"] or seen["NetworkSettings"]["Ports"])
    ),
    "5.9 not the host's network": lambda seen: seen["HostConfig"]["NetworkMode"] != "host",
    "5.10 memory is bounded": lambda seen: 0 < seen["HostConfig"]["Memory"] == seen["HostConfig"]["MemorySwap"],
    "5.11 cores are bounded": lambda seen: seen["HostConfig"]["NanoCpus"] > 0,
    "5.12 root is read-only": _host("ReadonlyRootfs", True),
    "5.14 never restarted": lambda seen: seen["HostConfig"]["RestartPolicy"]["Name"] == "no",
    "5.15 own processes": _host("PidMode", ""),
    "5.16 own IPC": _host("IpcMode", "private"),
    "5.17 no devices": lambda seen: not (seen["HostConfig"]["Devices"] or seen["HostConfig"]["DeviceRequests"]),
    "5.18 limits of files": lambda seen: (
        {u["Name"] for u in seen["HostConfig"]["Ulimits"]} >= {"nofile", "core", "fsize"}
    ),
    "5.19 mounts are not shared": lambda seen: all(m["Propagation"] != "shared" for m in seen["Mounts"]),
    "5.20 own host name": _host("UTSMode", ""),
    "5.21 seccomp": lambda seen: any(o.startswith("seccomp={") for o in seen["HostConfig"]["SecurityOpt"]),
    "5.24 own cgroups": lambda seen: (
        seen["HostConfig"]["CgroupParent"] == "" and seen["HostConfig"]["CgroupnsMode"] == "private"
    ),
    "5.25 no new privileges": lambda seen: "no-new-privileges" in seen["HostConfig"]["SecurityOpt"],
    "5.28 processes are bounded": lambda seen: 0 < seen["HostConfig"]["PidsLimit"] <= 512,
    "5.29 no bridge": _host("NetworkMode", "none"),
    "5.30 not the host's users": _host("UsernsMode", ""),
    "5.31 no engine socket": lambda seen: not any("docker.sock" in m["Source"] for m in seen["Mounts"]),
}
_MADE_ON = {"5.12 root is read-only", "5.29 no bridge"}
_EXPECTED = {
    "run": set(),
    # What is installed is committed, and comes through the network.
    "build": _MADE_ON,
    "offline build": {"5.12 root is read-only"},
    # Our own commands and a package manager: no stranger's code runs there.
    "make-base": {*_MADE_ON, "5.3 capabilities are dropped", "5.21 seccomp"},
}


@pytest.fixture(params=_EXPECTED)
def kind(request: pytest.FixtureRequest, engine: Engine, base: str) -> Iterator[tuple[str, Seen]]:
    """Give each kind of container and how the engine describes it."""
    if request.param == "make-base":
        asked = Opening(image=base, supervisor=ensure_supervisor(engine), profile=MAKE_BASE, network=True)
        running = engine.open(asked)
        try:
            yield request.param, engine._client.api.inspect_container(running.id)
        finally:
            running.stream.close()
            engine.remove(running.id)
        return
    settings = {"run": {}, "build": {"network": True}, "offline build": {"writable": True}}[request.param]
    with DockerContainer(engine, base, limits=ContainerLimits(memory_bytes=256 << 20), **settings) as container:
        yield request.param, engine._client.api.inspect_container(container.id)


def test_a_container_passes_the_benchmark_but_for_what_its_kind_needs(kind: tuple[str, Seen]) -> None:
    name, seen = kind
    assert {check for check, holds in _CHECKS.items() if not holds(seen)} == _EXPECTED[name]


def test_every_profile_is_looked_at() -> None:
    assert {RUN.name, BUILD.name, MAKE_BASE.name} <= set(_EXPECTED)
