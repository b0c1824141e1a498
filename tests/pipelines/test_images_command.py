"""`worldline images list`, `show`, `export`, `du`, `prune`."""

import argparse
import json
from pathlib import Path

import pytest

from images.build import build_image
from images.build_settings import BuildSettings
from images.cache_folder import cache_folder
from images.engine import Engine
from images.record_shelf import RecordShelf
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind
from pipelines.build_command import build_or_find
from pipelines.errors import UserError
from pipelines.image_export import export_image
from pipelines.images_arguments import size
from pipelines.images_command import find_record, list_images, prune, show_image, show_usage
from tests.conftest import sample_files

SPEC = RepositorySpec(text="ledger", kind=SourceKind.PATH, location="/ledger", revision=None)


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test a cache of its own, with the compiled supervisor in it."""
    cache = tmp_path_factory.mktemp("cache")
    (cache / "worldline").mkdir()
    for path in cache_folder().glob("supervisor-*"):
        (cache / "worldline" / path.name).symlink_to(path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.mark.parametrize(
    ("text", "expected"), [("500M", 500_000_000), ("1.5GB", 1_500_000_000), ("7", 7), ("2kib", 2000)]
)
def test_sizes_are_read_as_people_write_them(text: str, expected: int) -> None:
    assert size(text) == expected


def test_what_is_no_size_is_refused() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no size"):
        size("much")


def test_an_unknown_image_is_one_sentence(own_cache: None) -> None:
    with pytest.raises(UserError, match=r"no record of 'nowhere' .* `worldline images list`"):
        find_record("nowhere")


@pytest.mark.docker
def test_a_build_that_would_change_nothing_is_not_made(engine: Engine, base: str, tmp_path: Path) -> None:
    shelf, tree, settings = RecordShelf(tmp_path), SourceTree(files=sample_files()), BuildSettings()
    first = build_or_find(engine, shelf, SPEC, tree, settings)
    assert build_or_find(engine, shelf, SPEC, tree, settings) == first
    changed = SourceTree(files={**sample_files(), "README.md": b"other"})
    assert build_or_find(engine, shelf, SPEC, changed, settings).source_digest == changed.digest


@pytest.mark.docker
def test_an_image_is_shown_and_exported_as_it_was_built(
    engine: Engine, base: str, own_cache: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = build_image(engine, SPEC, SourceTree(files=sample_files()), BuildSettings())
    RecordShelf().put(record, BuildSettings())
    assert show_image("ledger", with_log=True) == 0
    assert "6 passed" in capsys.readouterr().out
    assert export_image("ledger", tmp_path / "out") == 0
    exported = tmp_path / "out"
    assert (exported / "testbed" / "ledger.py").read_bytes() == sample_files()["ledger.py"]
    assert "FROM " in (exported / "Dockerfile").read_text()
    assert json.loads((exported / "record.json").read_text())["image"] == record.image
    with pytest.raises(UserError, match="is there already"):
        export_image("ledger", exported)


@pytest.mark.docker
@pytest.mark.slow
def test_the_exported_dockerfile_makes_an_image_whose_tests_pass(
    engine: Engine, base: str, own_cache: None, tmp_path: Path
) -> None:
    record = build_image(engine, SPEC, SourceTree(files=sample_files()), BuildSettings())
    RecordShelf().put(record, BuildSettings())
    assert export_image(record.image, tmp_path / "out", verify=True) == 0


@pytest.mark.docker
def test_lists_and_sums_are_printed_and_a_dry_run_removes_nothing(
    engine: Engine, base: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list_images("base") == 0
    assert show_usage() == 0
    before = {image.id for image in engine.images(label="worldline.base")}
    assert prune(quota=0, package_quota=0, dry_run=True) == 0
    assert before <= {image.id for image in engine.images(label="worldline.base")}
    out = capsys.readouterr().out
    assert "kept downloads" in out
    assert "would remove" in out
