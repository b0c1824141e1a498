"""Set-up of a container engine on a fresh Debian machine; an engine that answers is never touched."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from images.engine import Engine
from images.errors import NoEngine

_PACKAGES = ("docker.io", "iptables", "debootstrap")
_START_SECONDS = 60


def ensure_engine(log_folder: Path) -> Engine:
    """Return a connection to the running engine; as root on Debian, install and start one when none answers.

    Raises `NoEngine` with what to do when this machine is not one where we may do that.
    """
    try:
        return Engine()
    except NoEngine:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
    if shutil.which("dockerd") is None:
        _apt_install(_PACKAGES)
    return _start_dockerd(log_folder)


def _apt_install(packages: tuple[str, ...]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            raise NoEngine(f"no container engine answers, and `{' '.join(command[:2])}` failed: {said}")


def _start_dockerd(log_folder: Path) -> Engine:
    log_folder.mkdir(parents=True, exist_ok=True)
    log = log_folder / "dockerd.log"
    with log.open("ab") as handle:
        subprocess.Popen(
            ["dockerd"], stdout=handle, stderr=handle, stdin=subprocess.DEVNULL, start_new_session=True, close_fds=True
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        time.sleep(1)
        try:
            return Engine()
        except NoEngine:
            continue
    raise NoEngine(f"dockerd was started but does not answer after {_START_SECONDS} s: its log is {str(log)!r}")


def ensure_debootstrap() -> str | None:
    """Return the path of debootstrap, installed when we are root on Debian, or None."""
    if shutil.which("debootstrap") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _apt_install(("debootstrap",))
    return shutil.which("debootstrap")
