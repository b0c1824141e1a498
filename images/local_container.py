"""LocalContainer: a `Container` that is a folder of this machine, for trusted code and for tests."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from images.container import BoundedOutput, Completed


class LocalContainer:
    """Runs commands in a private copy of `files`; gives no protection at all against what they do."""

    def __init__(self, files: Mapping[str, bytes] | None = None, *, python: str = sys.executable) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="worldline-"))
        self.root = str(self._folder / "testbed")
        self.python = python
        Path(self.root).mkdir()
        self.put(files or {})

    def __enter__(self) -> "LocalContainer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> Completed:
        """See `Container.run`; at the deadline the command's process group is killed."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC"}
        output, started = BoundedOutput(), time.monotonic()
        process = subprocess.Popen(
            [self.path_inside(word) for word in command],
            cwd=self.path_inside(cwd or self.root),
            env={**inherited, **fixed, **{k: self.path_inside(v) for k, v in (env or {}).items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        reader = threading.Thread(target=_drain, args=(process, output), daemon=True)
        reader.start()
        try:
            code, timed_out = process.wait(timeout_s), False
        except subprocess.TimeoutExpired:
            code, timed_out = 124, True
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reader.join(10)
        return Completed(
            exit_code=code,
            output=output.value(),
            output_bytes=output.total,
            seconds=time.monotonic() - started,
            timed_out=timed_out,
            truncated=output.truncated,
        )

    def put(self, files: Mapping[str, bytes]) -> None:
        """See `Container.put`; absolute names land below the container's own folder."""
        for name, data in files.items():
            path = self._path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def get(self, paths: Sequence[str]) -> dict[str, bytes]:
        """See `Container.get`."""
        return {
            p: self._path(p).read_bytes() for p in paths if self._path(p).is_file() and not self._path(p).is_symlink()
        }

    def _path(self, name: str) -> Path:
        return Path(self.path_inside(name)) if name.startswith("/") else Path(self.root) / name

    def path_inside(self, word: str) -> str:
        """Return where a path below /opt/worldline really lies."""
        return f"{self._folder}{word}" if word.startswith("/opt/worldline") else word

    def close(self) -> None:
        """See `Container.close`."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _drain(process: "subprocess.Popen[bytes]", output: BoundedOutput) -> None:
    assert process.stdout is not None
    with process.stdout as stream:
        while piece := os.read(stream.fileno(), 65536):
            output.write(piece)
