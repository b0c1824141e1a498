"""The arguments of `worldline images list`, `show`, `export`, `du` and `prune`; what they do is imported when one is called."""

import argparse
import re
from pathlib import Path

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def add_images_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands that look after images."""
    listing = commands.add_parser("list", help="list the images on this machine, the last used first")
    listing.add_argument("--kind", choices=("base", "system", "dependencies", "repository"), default=None)
    listing.set_defaults(command=_list)
    show = commands.add_parser("show", help="show the record of an image: recipe, tests, attempts")
    show.add_argument("image", help="its name, its repository's name, or the spec that it was built from")
    show.add_argument("--log", action="store_true", help="with all that was run")
    show.set_defaults(command=_show)
    export = commands.add_parser("export", help="write the Dockerfile, files, record and test script of an image")
    export.add_argument("image")
    export.add_argument("folder", type=Path)
    export.add_argument("--verify", action="store_true", help="build the Dockerfile and compare what its tests are")
    export.set_defaults(command=_export)
    usage = commands.add_parser("du", help="say what takes how much disk")
    usage.set_defaults(command=_du)
    prune = commands.add_parser("prune", help="remove what is left over, and by last use what is over a quota")
    prune.add_argument("--quota", type=size, help="of images beyond their bases, as 20G")
    prune.add_argument("--package-quota", type=size, help="of kept downloads, as 2G")
    prune.add_argument("--dry-run", action="store_true", help="say what would go")
    prune.set_defaults(command=_prune)


def size(text: str) -> int:
    """Return the bytes that a text such as 500M or 1.5GB names."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)I?B?", text.strip().upper())
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: write it as 500M or 20G")
    return int(float(found[1]) * _UNITS[found[2]])


def _list(arguments: argparse.Namespace) -> int:
    from pipelines.images_command import list_images

    return list_images(arguments.kind)


def _show(arguments: argparse.Namespace) -> int:
    from pipelines.images_command import show_image

    return show_image(arguments.image, with_log=arguments.log)


def _export(arguments: argparse.Namespace) -> int:
    from pipelines.image_export import export_image

    return export_image(arguments.image, arguments.folder, verify=arguments.verify)


def _du(_: argparse.Namespace) -> int:
    from pipelines.images_command import show_usage

    return show_usage()


def _prune(arguments: argparse.Namespace) -> int:
    from pipelines.images_command import prune

    return prune(quota=arguments.quota, package_quota=arguments.package_quota, dry_run=arguments.dry_run)
