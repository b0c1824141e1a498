"""Doctor: one line per need of this machine: found, missing, and what to do."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from images.base_image import base_name
from images.container_limits import ContainerLimits
from images.engine import Engine
from images.errors import NoEngine
from images.free_space import KEEP_FREE, LEAST_FREE
from images.host_pip import read_host_pip, without_credentials

_FREE_BYTES = 10_000_000_000


def doctor() -> int:
    """Print the lines; return 0 when nothing needed is missing, else 2."""
    console, missing = Console(), 0
    for need, found, text in _needs():
        missing += not found
        mark = "[green]found  [/]" if found else "[red]missing[/]"
        console.print(f"{mark} {need:18} {text}", highlight=False)
    return 2 if missing else 0


def _needs() -> Iterator[tuple[str, bool, str]]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield (
        "python",
        sys.version_info >= (3, 11),
        version if sys.version_info >= (3, 11) else f"{version}: 3.11 is needed",
    )
    yield "git", shutil.which("git") is not None, shutil.which("git") or "install git"
    try:
        with Engine() as engine:
            name = base_name("3.11")
            version, there = engine.version(), engine.image_id(name) is not None
    except NoEngine as error:
        yield "container engine", False, str(error)
    else:
        yield "container engine", True, f"version {version}"
        yield "base image", True, name if there else f"{name} will be made when it is first needed"
    pip = read_host_pip()
    yield "package index", True, without_credentials(pip.index_urls[0])
    bundle = pip.certificates
    yield "certificates", bundle is not None, str(bundle) if bundle else "install ca-certificates"
    yield "disk", *_disk()
    yield "cores", True, str(os.cpu_count())


def _disk() -> tuple[bool, str]:
    """Say whether there is room for images, and for a container's own disk beside the share that stays free."""
    space, bound = shutil.disk_usage(Path.cwd()), ContainerLimits().watched_bytes
    share = (space.free - bound) / space.total
    enough = space.free > _FREE_BYTES and share >= LEAST_FREE
    said = "" if share >= KEEP_FREE else f": containers start with a warning below {KEEP_FREE:.0%}"
    if not enough:
        said = f": 10 GB are needed, and {LEAST_FREE:.0%} of the disk beside what a container may write"
    return enough, f"{space.free / 1e9:.0f} GB free of {space.total / 1e9:.0f}{said}"
