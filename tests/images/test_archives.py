"""Archives in memory: honest ones of every kind, and 36 hostile ones, each refused by the rule that it breaks."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable

import pytest

from images.archive import unpack
from images.errors import BadSource, RefusedSource
from tests.images.hostile.archives import ARCHIVES, CONTAINED, GOOD, entry, tar, zipped


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_is_refused_by_its_rule_or_contained(name: str) -> None:
    make, ending, rule = ARCHIVES[name]
    if rule == CONTAINED:
        assert unpack(make(), f"p-1{ending}").files == GOOD
        return
    with pytest.raises(BadSource) as caught:
        unpack(make(), f"p-1{ending}")
    assert (caught.value.rule if isinstance(caught.value, RefusedSource) else "") == rule
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_is_unpacked_whatever_packs_it(pack: Callable[[bytes], bytes]) -> None:
    assert unpack(pack(tar()), "p-1.tar.anything").files == GOOD


def test_a_zip_is_unpacked() -> None:
    assert unpack(zipped(), "p-1.zip").files == GOOD


def test_extended_names_of_both_forms_are_read() -> None:
    long = "p-1/" + "d/" * 20 + "é" * 80 + ".py"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        assert unpack(tar(entry(long, b"1"), format=form), "x.tar").files[long[4:]] == b"1"


def test_links_to_files_of_the_archive_are_copies() -> None:
    tree = unpack(
        tar(
            entry("p-1/sub/soft.py", kind=tarfile.SYMTYPE, link="../good.py"),
            entry("p-1/hard.py", kind=tarfile.LNKTYPE, link="p-1/good.py"),
            entry("p-1/chain.py", kind=tarfile.SYMTYPE, link="sub/soft.py"),
            entry("p-1/ring", kind=tarfile.SYMTYPE, link="ring"),
            entry("p-1/nowhere", kind=tarfile.SYMTYPE, link="missing"),
        ),
        "x.tar",
    )
    assert {tree.files[name] for name in ("sub/soft.py", "hard.py", "chain.py")} == {GOOD["good.py"]}
    assert tree.skipped == 2


def test_a_member_that_is_there_twice_and_equal_is_taken_once() -> None:
    assert unpack(tar(entry("p-1/good.py", GOOD["good.py"])), "x.tar").files == GOOD
