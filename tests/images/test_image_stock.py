"""What of our images goes first, with the engine's real images under a label of the test's own."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from images.docker_container import DockerContainer
from images.engine import Engine
from images.image_stock import ImageStock
from images.layers import KIND_LABEL
from images.record_shelf import RecordShelf

pytestmark = pytest.mark.docker


def _commit(engine: Engine, parent: str, name: str, kind: str, label: str) -> str:
    with DockerContainer(engine, parent, writable=True) as container:
        container.put({"added.bin": secrets.token_bytes(100_000)})
        return engine.commit(container.id, name=name, labels={KIND_LABEL: kind, "worldline.base": parent, label: "1"})


@pytest.fixture
def stock(engine: Engine, base: str, tmp_path: Path) -> Iterator[tuple[ImageStock, str]]:
    """Give a stock of one layer with two repositories on it; all of it goes afterwards."""
    mark = secrets.token_hex(4)
    names = [f"worldline/test-{mark}:{part}" for part in ("layer", "one", "two")]
    _commit(engine, base, names[0], "dependencies", f"test.{mark}")
    for name in names[1:]:
        _commit(engine, names[0], name, "repository", f"test.{mark}")
    made = ImageStock(engine, RecordShelf(tmp_path / "shelf"), label=f"test.{mark}", packages=tmp_path / "packages")
    yield made, f"worldline/test-{mark}"
    made.remove_half_built()
    for name in reversed(names):
        engine.remove_image(name)


def test_an_image_counts_what_it_adds_to_its_parent(stock: tuple[ImageStock, str]) -> None:
    items = {item.name.rsplit(":", 1)[-1]: item for item in stock[0].items()}
    assert set(items) == {"layer", "one", "two"}
    assert all(100_000 <= items[name].own_bytes < 200_000 for name in ("one", "two"))


def test_the_least_recently_used_repository_goes_first_and_a_needed_layer_stays(
    stock: tuple[ImageStock, str], tmp_path: Path
) -> None:
    RecordShelf(tmp_path / "shelf").touch(f"{stock[1]}:one")
    total = sum(item.own_bytes for item in stock[0].items())
    assert stock[0].over_quota(total) == []
    assert [item.name for item in stock[0].over_quota(total - 1)] == [f"{stock[1]}:two"]
    assert [item.name.rsplit(":", 1)[-1] for item in stock[0].over_quota(0)] == ["two", "one", "layer"]
    assert stock[0].remove(stock[0].over_quota(0))[0] == 3
    assert stock[0].items() == []


def test_an_image_that_lost_its_name_is_found_by_label_and_removed(
    engine: Engine, stock: tuple[ImageStock, str]
) -> None:
    label = f"test.{stock[1].rsplit('-', 1)[-1]}"
    _commit(engine, f"{stock[1]}:layer", f"{stock[1]}:one", "repository", label)
    assert len(stock[0].half_built()) == 1
    assert stock[0].remove_half_built() == 1
    assert stock[0].half_built() == []


def test_downloads_go_by_last_use(tmp_path: Path, engine: Engine) -> None:
    folder = tmp_path / "packages" / "files"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / str(number)).write_bytes(bytes(100))
        os.utime(folder / str(number), (number, number))
    stock = ImageStock(engine, RecordShelf(tmp_path / "shelf"), packages=tmp_path / "packages")
    assert stock.trim_packages(150) == 200
    assert [path.name for path in folder.iterdir()] == ["2"]
