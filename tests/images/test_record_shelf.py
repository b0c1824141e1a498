"""Records kept as files."""

from dataclasses import replace
from pathlib import Path

from images.build_settings import BuildSettings
from images.catalogue import Attempt, ImageRecord
from images.health import TestOutcome
from images.record_shelf import RecordShelf

RECORD = ImageRecord(
    repository="a",
    spec="pypi:a==1",
    status="executable",
    reason="",
    image="worldline/a:1",
    tests=(TestOutcome(id="t.py::t[é b]", outcome="passed", seconds=0.5, pass_rate=1.0),),
    attempts=(Attempt(recipe="r", reason="", seconds=1.0, log="said"),),
    packages=("pytest==9.2.0",),
)


def test_a_record_comes_back_for_the_same_spec_and_settings(tmp_path: Path) -> None:
    shelf = RecordShelf(tmp_path)
    shelf.put(RECORD, BuildSettings())
    assert shelf.find("pypi:a==1", BuildSettings()) == RECORD
    assert shelf.find("pypi:a==1", BuildSettings(pass_share=0.9)) is None
    assert shelf.find("pypi:a==2", BuildSettings()) is None


def test_a_torn_file_and_one_of_another_version_are_missing(tmp_path: Path) -> None:
    shelf = RecordShelf(tmp_path)
    shelf.put(RECORD, BuildSettings())
    (path,) = tmp_path.glob("*.json")
    path.write_text(path.read_text()[:-5])
    assert list(shelf.records()) == []
    path.write_text('{"version": 99, "record": {}}')
    assert shelf.find("pypi:a==1", BuildSettings()) is None


def test_dropping_an_image_leaves_the_others(tmp_path: Path) -> None:
    shelf = RecordShelf(tmp_path)
    shelf.put(RECORD, BuildSettings())
    shelf.put(replace(RECORD, spec="pypi:b==1", image="worldline/b:1"), BuildSettings())
    shelf.touch("worldline/a:1")
    assert shelf.used("worldline/a:1") > 0
    shelf.drop("worldline/a:1")
    assert [record.image for record in shelf.records()] == ["worldline/b:1"]
    assert shelf.used("worldline/a:1") == 0
