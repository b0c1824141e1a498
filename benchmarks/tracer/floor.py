"""The floors in C, compiled for an interpreter into the cache by content."""

import hashlib
import subprocess
from pathlib import Path

from benchmarks.interpreters import cache_folder

_FACTS = "import sys, sysconfig; print(sysconfig.get_path('include')); print(sys.version)"


def compile_floor(source: Path, python: str) -> Path:
    """Return the folder that holds the compiled module of the C source; raise `SystemExit` when it does not compile."""
    facts = subprocess.run([python, "-c", _FACTS], capture_output=True, text=True, check=True).stdout
    folder = cache_folder() / f"floor-{hashlib.sha256(source.read_bytes() + facts.encode()).hexdigest()[:16]}"
    target = folder / f"{source.stem}.so"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / "aside.so"
        command = ["gcc", "-O2", "-shared", "-fPIC", f"-I{facts.splitlines()[0]}", "-o", str(aside), str(source)]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"{source.name} does not compile for {python}: {run.stderr[-1000:]}")
        aside.rename(target)
    return folder
