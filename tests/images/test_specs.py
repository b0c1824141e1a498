"""Specs: what a user may name, and 30 addresses and revisions that are refused before anything is started."""

from pathlib import Path

import pytest

from images.errors import BadSource
from images.spec import SourceKind, parse_spec
from tests.images.hostile.addresses import ADDRESSES


def test_specs_are_understood(tmp_path: Path) -> None:
    release = parse_spec("pypi:More_Itertools==10.0")
    named = (release.kind, release.location, release.revision, release.repository)
    assert named == (SourceKind.RELEASE, "more-itertools", "10.0", "more-itertools")
    url = parse_spec("git+https://example.org/a/Thing.git@feature/v1")
    assert (url.location, url.revision, url.repository) == ("https://example.org/a/Thing.git", "feature/v1", "thing")
    assert parse_spec("https://example.org:8443/~x/y").revision is None
    assert parse_spec(str(tmp_path)).kind is SourceKind.PATH


def test_a_history_has_a_range_and_a_number() -> None:
    history = parse_spec("history:Tool.z>=0.9,!=1.0,<2:12")
    assert (history.kind, history.location, history.newest) == (SourceKind.HISTORY, "tool-z", 12)
    assert history.revision == "!=1.0,<2,>=0.9"
    assert (parse_spec("history:x").revision, parse_spec("history:x").newest) == (None, None)


def test_a_folder_with_an_at_in_its_name_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a@b").mkdir()
    assert parse_spec(f"{tmp_path}/a@b").revision is None
    assert parse_spec(f"{tmp_path}/a@b@v1").location == str(tmp_path / "a@b")


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_hostile_address_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(BadSource) as caught:
        parse_spec(ADDRESSES[name])
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600
    assert "secret" not in str(caught.value)
