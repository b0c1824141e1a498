"""Base images: one per Python version, present, pulled, or made from this machine's own package sources."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from images.build_mounts import BuildMounts
from images.container_profile import MAKE_BASE
from images.docker_container import ENVIRONMENT, PYTHON
from images.engine import AGENT_UID, Engine
from images.engine_containers import Opening
from images.engine_setup import ensure_debootstrap
from images.errors import BaseError
from images.host_pip import without_credentials
from images.supervisor import Supervisor
from images.supervisor_binary import ensure_supervisor

_SUITES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
# The versions for which a base image can be had without a registry.
PYTHONS = tuple(_SUITES)
_VERSION = 1
# The last of both that run on an older Python.
_TOOLS = {"3.9": ("pytest==8.4.2", "coverage==7.10.7")}
_NEWEST_TOOLS = ("pytest==9.2.0", "coverage==7.17.3")
COVERAGE_FOLDER = "/opt/coverage"
_INSTALL_SECONDS = 900


def base_name(python: str) -> str:
    """Return the name under which the base image of a Python version is kept."""
    return f"worldline/base:py{python}-{_VERSION}"


def ensure_base(engine: Engine, python: str, *, image: str = "python:{python}-slim") -> str:
    """Return the base image's name; pull `image` or make one with debootstrap when it is not there yet.

    It has the given Python in /opt/venv with pytest, coverage in a folder of its own, git, and an unprivileged user.
    Raises `BaseError` when neither way is open.
    """
    name = base_name(python)
    if engine.image_id(name):
        return name
    wanted = image.format(python=python)
    plain = f"worldline/plain:py{python}-{_VERSION}"
    if engine.image_id(wanted) or engine.pull(wanted):
        plain = wanted
    elif not engine.image_id(plain):
        _debootstrap(engine, python, plain)
    _furnish(engine, plain, name, python)
    return name


def _debootstrap(engine: Engine, python: str, name: str) -> None:
    suite = _SUITES.get(python)
    if suite is None or ensure_debootstrap() is None:
        raise BaseError(
            f"no base image for Python {python}: no registry answers, and debootstrap makes only "
            f"{', '.join(_SUITES)} on Debian as root"
        )
    folder = Path(tempfile.mkdtemp(prefix="worldline-base-"))
    try:
        include = "--include=ca-certificates,python3,python3-venv,git"
        command = ["debootstrap", "--variant=minbase", include, suite, str(folder), *_mirror()]
        made = subprocess.run(command, capture_output=True, text=True, timeout=1800)
        if made.returncode:
            said = (made.stdout.strip().splitlines() or ["nothing"])[-1]
            raise BaseError(f"debootstrap could not make a base image for Python {python}: {said}")
        for left in (
            "var/cache/apt/archives",
            "var/lib/apt/lists",
            "usr/share/doc",
            "usr/share/man",
            "usr/share/locale",
        ):
            shutil.rmtree(folder / left, ignore_errors=True)
        with subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE) as packer:
            assert packer.stdout is not None
            engine.load_rootfs(packer.stdout, name=name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _mirror() -> list[str]:
    """Return the address of this machine's Debian archive, or nothing: debootstrap then takes its own default."""
    release = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    codename = re.search(r"^VERSION_CODENAME=(\w+)$", release, re.MULTILINE)
    if not codename:
        return []
    for path in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))):
        text = path.read_text(errors="replace") if path.is_file() else ""
        for stanza in re.split(r"\n\s*\n", text):
            address = re.search(r"^URIs:\s*(\S+)", stanza, re.MULTILINE)
            suites = re.search(r"^Suites:(.*)$", stanza, re.MULTILINE)
            if address and suites and codename[1] in suites[1].split():
                return [address[1]]
        line = re.search(rf"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+{codename[1]}\s", text, re.MULTILINE)
        if line:
            return [line[1]]
    return []


_FURNISH = f"""
set -e
id {AGENT_UID} >/dev/null 2>&1 || useradd -u {AGENT_UID} -m -s /bin/bash worldline
command -v git >/dev/null || (apt-get update -q && apt-get install -y -q --no-install-recommends git)
mkdir -p /testbed /opt/venv /opt/worldline {COVERAGE_FOLDER}
chown {AGENT_UID}:{AGENT_UID} /testbed /opt/venv /opt/worldline {COVERAGE_FOLDER}
"""
_FURNISH_AS_USER = """
set -e
python3 -m venv /opt/venv
{venv} -m pip install -q --upgrade pip
{venv} -m pip install -q --no-cache-dir {pytest}
{venv} -m pip install -q --no-cache-dir --target {folder} {coverage}
rm -rf /home/worldline/.cache
"""


def _furnish(engine: Engine, plain: str, name: str, python: str) -> None:
    pytest, coverage = _TOOLS.get(python, _NEWEST_TOOLS)
    as_user = _FURNISH_AS_USER.format(venv=PYTHON, folder=COVERAGE_FOLDER, pytest=pytest, coverage=coverage)
    labels = {"worldline.base": plain, "worldline.kind": "base"}
    said = run_trusted(engine, plain, _FURNISH, name=name, labels=labels, then_as_user=as_user)
    if said is not None:
        raise BaseError(f"base image {name!r} could not be furnished: {said[-400:]}")


def run_trusted(
    engine: Engine, image: str, script: str, *, name: str, labels: Mapping[str, str], then_as_user: str = ""
) -> str | None:
    """Run a script of ours as root in the image, with the network, and keep the result as `name`.

    Return None, or what the script said when it failed; nothing is kept then.
    """
    supervisor = ensure_supervisor(engine, image=image)
    with BuildMounts(gateway=engine.gateway()) as mounts:
        running = engine.open(
            Opening(image=image, supervisor=supervisor, profile=MAKE_BASE, network=True, mounts=mounts.volumes)
        )
        try:
            for text, user, home in ((script, 0, "/root"), (then_as_user, AGENT_UID, "/home/worldline")):
                env = {**ENVIRONMENT, **mounts.environment, "HOME": home}
                done = Supervisor(running.stream).run(
                    ["sh", "-c", text], user=user, cwd="/", env=env, timeout_s=_INSTALL_SECONDS
                )
                if done.exit_code:
                    return without_credentials(done.text.strip())
            engine.commit(running.id, name=name, labels=labels)
        finally:
            running.stream.close()
            engine.remove(running.id)
    return None
