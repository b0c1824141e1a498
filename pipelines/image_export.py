"""`worldline images export`: an image as a folder that makes it again: Dockerfile, files, record, test script."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from images.cache_folder import cache_folder
from images.catalogue import ImageRecord
from images.docker_container import DockerContainer
from images.engine import Engine
from images.file_names import check_name
from images.health import TestSelection, files_of_ids, run_tests
from images.host_pip import read_host_pip
from images.package_proxy import PackageProxy
from pipelines.errors import UserError
from pipelines.images_command import find_record

_BATCH = 500


def export_image(name: str, folder: Path, *, verify: bool = False) -> int:
    """Write the folder; return the exit code. It comes into being whole or not at all.

    With `verify`, its Dockerfile is built and the tests of both images are run: exit code 2 when they end otherwise.
    """
    record = find_record(name)
    if not record.image or not record.dockerfile:
        raise UserError(f"image of {name!r} was not built, so there is nothing to export: {record.reason}")
    if folder.exists():
        raise UserError(f"folder {str(folder)!r} is there already: name one that is not")
    aside = folder.with_name(f".{folder.name}.aside")
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "testbed").mkdir(parents=True)
    with Engine() as engine, DockerContainer(engine, record.image) as container:
        for path, data in _files(container):
            target = aside / "testbed" / check_name(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        executable = container.run(["find", ".", "-type", "f", "-perm", "/111", "-not", "-path", "./.git/*", "-print0"])
    for path in executable.output.decode("utf-8", "surrogateescape").split("\0"):
        target = aside / "testbed" / path
        if path and target.is_file():
            target.chmod(0o755)
    (aside / "Dockerfile").write_text(record.dockerfile)
    (aside / "evaluate.sh").write_text(record.evaluation_script)
    (aside / "record.json").write_text(json.dumps(asdict(record), indent=1))
    aside.rename(folder)
    print(f"{folder}: build it with `docker build -t {record.image} {folder}`")
    if not verify:
        return 0
    with Engine() as engine:
        return _verify(engine, record, folder)


def _verify(engine: Engine, record: ImageRecord, folder: Path) -> int:
    gateway, arguments = engine.gateway(), {}
    proxy = PackageProxy(read_host_pip(), gateway, cache_folder() / "packages") if gateway else None
    if proxy:
        arguments = {"PIP_INDEX_URL": proxy.index_urls[0], "PIP_TRUSTED_HOST": str(gateway)}
    name = f"{record.image}-again"
    try:
        engine.build(folder, name=name, arguments=arguments)
        with DockerContainer(engine, name) as container:
            selection = TestSelection(paths=files_of_ids(record.passing()))
            run = run_tests(container, selection, timeout_s=1200)
            clean = container.run(["git", "log", "--oneline"]).text.count("\n") == 1
    finally:
        engine.remove_image(name)
        if proxy:
            proxy.close()
    passed = set(run.ids("passed"))
    lost = [test for test in record.passing() if test not in passed]
    print(f"built again: {len(passed)} tests pass, {len(lost)} that passed before do not; one commit: {clean}")
    return 2 if lost or not clean else 0


def _files(container: DockerContainer) -> Iterator[tuple[str, bytes]]:
    """Yield the files that git tracks; what lies beside them is made by the build."""
    listed = container.run(["git", "ls-files", "-z"]).output.decode("utf-8", "surrogateescape")
    names = [name for name in listed.split("\0") if name]
    for at in range(0, len(names), _BATCH):
        yield from container.get(names[at : at + _BATCH]).items()
