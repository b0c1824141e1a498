"""Git: the place that starts git on this machine, always hardened, bounded, and in a folder of our own.

What GitPython starts, it starts in a repository that was packed here (commit_history.py).

Reliability, section 4: no configuration of the machine or of a repository is read, no hook, filter, file system
monitor, diff driver, submodule or credential helper runs, and only https is spoken.
"""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from images.errors import BadSource, RefusedSource
from images.plain_text import last_line, one_line

_HARDENED = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.commitGraph": "false",
    "core.multiPackIndex": "false",
    "core.packedGitWindowSize": "16m",
    "core.packedGitLimit": "256m",
    "core.bigFileThreshold": "64m",
    "core.deltaBaseCacheLimit": "32m",
    "credential.helper": "",
    "diff.external": "",
    "fetch.unpackLimit": "1",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.cookieFile": "",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "safe.bareRepository": "explicit",
    "submodule.recurse": "false",
    "transfer.bundleURI": "false",
    "transfer.fsckObjects": "true",
    # What honest old repositories have: none of it is about names or contents of files.
    "fetch.fsck.badTimezone": "ignore",
    "fetch.fsck.missingSpaceBeforeDate": "ignore",
    "fetch.fsck.missingSpaceBeforeEmail": "ignore",
    "fetch.fsck.zeroPaddedFilemode": "ignore",
}
_PASSED = ("GIT_SSL_CAINFO", "SSL_CERT_FILE", "SSL_CERT_DIR", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY")
# Of address space: what a server says without end stops there; a pack of 250 MB, fetched and read, stays below.
_MEMORY_KIB = 1 << 20
_MOST_SAID = 1 << 16
# What --strict fsck says of an object on arrival, as "error: object 31ff: hasDotgit: contains '.git'".
_OBJECT = re.compile(r"^error: object [0-9a-f]+: (\w+: .*)$", re.MULTILINE)
_TOO_LARGE = int(signal.SIGXFSZ)


class Git:
    """Runs git on a bare repository of ours below `folder`, of which at most `most_bytes` may be written.

    `environment` adds to the little that git is given; `config` to the hardened settings.
    """

    def __init__(
        self, folder: Path, *, seconds: float, most_bytes: int, config: Sequence[tuple[str, str]] = ()
    ) -> None:
        self.folder = folder / "repository.git"
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._config = (*_HARDENED.items(), *config)
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": ":".join(n.split(".")[1] for n, v in self._config if _is_allowed_protocol(n, v)),
            "GIT_CEILING_DIRECTORIES": str(folder.parent),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "/bin/false",
            "SSH_ASKPASS": "/bin/false",
            "GIT_SSH_COMMAND": "/bin/false",
        }
        self._environment |= {name: os.environ[name] for name in _PASSED if name in os.environ}
        self.run("init", "--quiet", "--bare", "--template=", "--initial-branch=none", str(self.folder), made=False)

    def run(self, *arguments: str, made: bool = True) -> bytes:
        """Return what git prints, at most 64 KiB; raise `BadSource` with the last line of its complaint."""
        with self._started(arguments, made=made) as process:
            assert process.stdout is not None
            said = process.stdout.read(_MOST_SAID)
            if process.stdout.read(1):
                raise RefusedSource(
                    "output", f"git {arguments[0]} was stopped: it printed more than {_MOST_SAID} bytes"
                )
        return said

    @contextmanager
    def reading(self, *arguments: str) -> Iterator[IO[bytes]]:
        """Context that gives git's output as a stream; leaving it early ends git."""
        with self._started(arguments, made=True) as process:
            assert process.stdout is not None
            yield process.stdout

    @contextmanager
    def asking(self, *arguments: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Context that gives git's input and output."""
        with self._started(arguments, made=True, asked=True) as process:
            assert process.stdin is not None and process.stdout is not None
            yield process.stdin, process.stdout

    @contextmanager
    def _started(
        self, arguments: Sequence[str], *, made: bool, asked: bool = False
    ) -> "Iterator[subprocess.Popen[bytes]]":
        remaining = self._deadline - time.monotonic()
        process = subprocess.Popen(
            self._command(arguments, remaining, made=made),
            env=self._environment,
            cwd=self.folder if made else self.folder.parent,
            stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        watch = threading.Timer(max(remaining, 0), _kill, [process])
        watch.start()
        complaint = _Complaint(process)
        finished = False
        try:
            yield process
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            finished = process.wait() is not None
        except BrokenPipeError:
            process.wait()
            self._judge(process, arguments[0], complaint.text())
            raise BadSource(f"git {arguments[0]} ended before it was asked all") from None
        finally:
            watch.cancel()
            _kill(process)
            process.wait()
            said = complaint.text()
            for stream in (process.stdin, process.stdout, process.stderr):
                with suppress(OSError, AttributeError):
                    stream.close()  # type: ignore[union-attr]
        if finished:
            self._judge(process, arguments[0], said)

    def _command(self, arguments: Sequence[str], seconds: float, *, made: bool) -> list[str]:
        """Return the command, started by a shell that first sets bounds which git's own children inherit."""
        bounds = f"ulimit -f {self._most_bytes // 512} && ulimit -v {_MEMORY_KIB} && ulimit -t {int(seconds) + 1}"
        settings = [word for name, value in self._config for word in ("-c", f"{name}={value}")]
        place = [f"--git-dir={self.folder}"] if made else []
        return ["sh", "-c", f'{bounds} && exec "$@"', "git", "git", *settings, *place, *arguments]

    def _judge(self, process: "subprocess.Popen[bytes]", verb: str, said: str) -> None:
        if time.monotonic() > self._deadline:
            raise RefusedSource("time", f"git {verb} did not end within {self._seconds:g} s")
        if process.returncode in (0, -signal.SIGPIPE):
            return
        if process.returncode == -_TOO_LARGE or f"signal {_TOO_LARGE}" in said or "File too large" in said:
            raise RefusedSource("bytes", f"git {verb} was stopped at {self._most_bytes} bytes")
        if "Out of memory" in said or "Cannot allocate memory" in said:
            raise RefusedSource("memory", f"git {verb} was stopped at {_MEMORY_KIB >> 10} MiB of memory")
        checked = _OBJECT.search(said)
        if checked:
            raise RefusedSource("objects", f"git's own check refuses what it holds ({one_line(checked[1])})")
        raise BadSource(last_line(said) if said.strip() else f"git {verb} ended with code {process.returncode}")


def _is_allowed_protocol(name: str, value: str) -> bool:
    return name.startswith("protocol.") and name.endswith(".allow") and value == "always" and name.count(".") == 2


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


class _Complaint:
    """Reads git's standard error beside its output, keeping the last 64 KiB."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._thread.start()

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr is not None
        with suppress(OSError, ValueError):
            while piece := os.read(process.stderr.fileno(), 1 << 14):
                self._kept += piece
                del self._kept[:-_MOST_SAID]

    def text(self) -> str:
        self._thread.join(5)
        return self._kept.decode("utf-8", "replace")
