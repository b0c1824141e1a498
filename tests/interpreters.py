"""The CPythons of this machine that the guest must work on."""

import os
import shutil
import sys
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def interpreters() -> dict[str, str]:
    """Return version (3.8, 3.9, ...) -> path, this interpreter's own included."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in range(8, 16):
        version = f"3.{minor}"
        kept = sorted(root.glob(f"versions/{version}.*/bin/python{version}"))
        path = str(kept[-1]) if kept else shutil.which(f"python{version}")
        if path:
            found.setdefault(version, path)
    return found
