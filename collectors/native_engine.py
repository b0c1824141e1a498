"""The C engine of the tracer, compiled once for each interpreter and kept in the user's cache by what it was made of."""

import hashlib
import json
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from images.cache_folder import cache_folder

if TYPE_CHECKING:
    from images.engine import Engine

# Where a container finds it, mounted read-only.
MOUNT = "/.worldline/native"
FILE = "worldline_tracer.so"
_FLAGS = ("-std=gnu11", "-O2", "-shared", "-fPIC")
_FACTS = (
    "import json, sys, sysconfig; print(json.dumps([sys.version, sysconfig.get_config_var('SOABI'), "
    "sysconfig.get_path('include')]))"
)
_SCRIPT = """
set -e
include=$({python} -c 'import sysconfig; print(sysconfig.get_path("include"))')
if ! command -v gcc >/dev/null || [ ! -e "$include/Python.h" ]; then
    mkdir -p /var/lib/apt/lists/partial
    apt-get update -q
    apt-get install -y -q --no-install-recommends gcc libc6-dev $([ -e "$include/Python.h" ] || echo libpython{version}-dev)
fi
gcc {flags} -I"$include" -o /build/{file} /build/worldline_tracer.c
"""


def native_for_interpreter(python: str) -> Path | None:
    """Return the folder of the extension for an interpreter of this machine; None without a compiler or its headers."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    found = subprocess.run([python, "-c", _FACTS], capture_output=True, text=True)
    if compiler is None or found.returncode:
        return None
    version, abi, include = json.loads(found.stdout)

    def compile_it(folder: Path) -> bool:
        source, made = str(folder / "worldline_tracer.c"), str(folder / FILE)
        done = subprocess.run([compiler, *_FLAGS, f"-I{include}", "-o", made, source], capture_output=True)
        return done.returncode == 0

    return _cached(f"{abi} {version}", compile_it)


def native_for_base(engine: "Engine", python: str) -> Path | None:
    """Return the folder of the extension for images of a Python version, compiled in a container of their base image.

    None when the base image cannot compile it, for want of a package source, say.
    """
    # Here, since people wait for a trace of their own, which needs no Docker: its SDK takes a third of the start.
    from images.base_image import base_name
    from images.docker_container import PYTHON
    from images.errors import EngineError

    base = base_name(python)

    def compile_it(folder: Path) -> bool:
        script = _SCRIPT.format(python=PYTHON, version=python, flags=" ".join(_FLAGS), file=FILE)
        try:
            code, _ = engine.run_once(base, ["sh", "-c", script], mounts={str(folder): "/build"})
        except EngineError:
            return False
        return code == 0

    return _cached(f"{base} {engine.image_id(base)}", compile_it)


@lru_cache(maxsize=1)
def _sources() -> dict[str, bytes]:
    folder = files("collectors.guest") / "native"
    return {
        f.name: f.read_bytes() for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name[-2:] in (".c", ".h")
    }


def _cached(interpreter: str, compile_it: Callable[[Path], bool]) -> Path | None:
    digest = hashlib.sha256(repr((interpreter, _FLAGS, sorted(_sources().items()))).encode()).hexdigest()[:20]
    home = cache_folder()
    kept = home / f"native-{platform.machine()}-{digest}"
    if (kept / FILE).exists():
        return kept
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".native-", dir=home) as folder:
        for name, data in _sources().items():
            (Path(folder) / name).write_bytes(data)
        if not compile_it(Path(folder)):
            return None
        kept.mkdir(exist_ok=True)
        (Path(folder) / FILE).chmod(0o644)
        (Path(folder) / FILE).replace(kept / FILE)
    return kept
