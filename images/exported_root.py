"""Exported roots: the files of images as folders, for machines without a container engine."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from images.engine import Engine
from images.errors import EngineError, ImagesError

_MARK = ".worldline/root.json"
_VERSION = 1


def export_root(engine: Engine, image: str, roots: Path) -> Path:
    """Write the image's files below `roots` unless they are there, and return their folder.

    Owners are kept where we are root. The folder may be copied to another machine, or lie on a disk that nodes share.
    """
    identity = engine.image_id(image)
    if identity is None:
        raise EngineError(f"there is no image {image!r} to export: build it first")
    folder = _folder(roots, image)
    if _identity(folder) == identity:
        return folder
    roots.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".root-", dir=roots))
    try:
        with subprocess.Popen(["tar", "-x", "-C", str(aside)], stdin=subprocess.PIPE) as unpacker:
            assert unpacker.stdin is not None
            for piece in engine.export(image):
                unpacker.stdin.write(piece)
        if unpacker.returncode:
            raise EngineError(f"the files of {image!r} could not be written below {str(roots)!r}")
        (aside / ".worldline").mkdir(exist_ok=True)
        (aside / ".worldline/supervisor").touch()
        # An engine writes these as it starts a container; an image has them empty.
        (aside / "etc/hosts").write_text("127.0.0.1 localhost sandbox\n::1 localhost\n")
        (aside / "etc/hostname").write_text("sandbox\n")
        mark = {"version": _VERSION, "image": image, "id": identity}
        (aside / _MARK).write_text(json.dumps(mark))
        aside.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return folder


def find_root(image: str, roots: Path) -> Path:
    """Return the folder of an image that was exported."""
    folder = _folder(roots, image)
    if _identity(folder) is None:
        raise EngineError(
            f"image {image!r} was not exported to {str(roots)!r}: run `python -m images.exported_root {roots} {image}` "
            "on a machine with a container engine"
        )
    return folder


def _folder(roots: Path, image: str) -> Path:
    return roots / image.replace("/", "+").replace(":", "+")


def _identity(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / _MARK).read_text())["id"])
    except (OSError, ValueError, KeyError):
        return None


def main(words: Sequence[str]) -> int:
    """Export images to the folder that is the first word; return the exit code."""
    if len(words) < 2:
        print("usage: python -m images.exported_root ROOTS IMAGE...", file=sys.stderr)
        return 2
    try:
        with Engine() as engine:
            for image in words[1:]:
                print(export_root(engine, image, Path(words[0])))
    except (ImagesError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
