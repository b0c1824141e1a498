"""The supervisor's static binary: compiled once for each machine and source, kept in the user's cache."""

import hashlib
import platform
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

from images.cache_folder import cache_folder
from images.engine import Engine
from images.errors import BaseError

_COMPILE = ("-std=gnu11", "-O2", "-static", "-s", "-o")
_SCRIPT = f"""
set -e
command -v gcc >/dev/null || {{
    mkdir -p /var/lib/apt/lists/partial
    apt-get update -q
    apt-get install -y -q --no-install-recommends gcc libc6-dev
}}
gcc {" ".join(_COMPILE)} /build/supervisor /build/*.c
"""


def ensure_supervisor(engine: Engine | None, *, image: str | None = None) -> Path:
    """Return the path of the binary; compile it with this machine's compiler, else in a container of `image`.

    Raises `BaseError` when neither can.
    """
    sources = {
        source.name: source.read_bytes()
        for source in (files("images.guest") / "supervisor").iterdir()
        if source.name.endswith((".c", ".h"))
    }
    text = repr((_COMPILE, sorted(sources.items()))).encode()
    digest = hashlib.sha256(text).hexdigest()[:16]
    binary = cache_folder() / f"supervisor-{platform.machine()}-{digest}"
    if not binary.exists():
        binary.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".supervisor-", dir=binary.parent) as folder:
            for name, source in sources.items():
                (Path(folder) / name).write_bytes(source)
            if not _compile_here(Path(folder)):
                _compile_in_container(engine, Path(folder), image)
            made = Path(folder) / "supervisor"
            made.chmod(0o755)
            made.rename(binary)
    return binary


def _compile_here(folder: Path) -> bool:
    compiler = shutil.which("cc") or shutil.which("gcc")
    command = [str(compiler), *_COMPILE, str(folder / "supervisor"), *map(str, sorted(folder.glob("*.c")))]
    return compiler is not None and subprocess.run(command, capture_output=True).returncode == 0


def _compile_in_container(engine: Engine | None, folder: Path, image: str | None) -> None:
    if engine is None or image is None:
        raise BaseError("the container supervisor is not compiled on this machine yet: run `worldline setup`")
    code, said = engine.run_once(image, ["sh", "-c", _SCRIPT], mounts={str(folder): "/build"})
    if code:
        raise BaseError(f"the container supervisor could not be compiled in {image!r}: {said.strip()[-300:]}")
