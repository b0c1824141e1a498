"""Extensions: C sources compiled for an interpreter into a cache by content."""

import hashlib
import subprocess
from pathlib import Path

from benchmarks.interpreters import Interpreter, cache_folder


def compile_extension(source: Path, interpreter: Interpreter) -> Path:
    """Return the folder that holds the compiled module of a C source; raise `SystemExit` when it does not compile."""
    told = source.read_bytes() + interpreter.version.encode() + interpreter.include.encode()
    folder = cache_folder() / "extensions" / hashlib.sha256(told).hexdigest()[:16]
    target = folder / (source.stem + interpreter.suffix)
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / "aside.so"
        command = ["gcc", "-O2", "-shared", "-fPIC", f"-I{interpreter.include}", "-o", str(aside), str(source)]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"{source.name} does not compile for {interpreter.version}: {run.stderr[-1000:]}")
        aside.rename(target)
    return folder
