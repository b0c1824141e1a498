"""ImageStock: our images on this machine: what each adds, what is used, and what goes when space is short."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from images.cache_folder import cache_folder
from images.engine import Engine, StoredImage
from images.layers import KIND_LABEL
from images.record_shelf import RecordShelf

# Every image that any version of Worldline made bears it.
OURS = "worldline.base"
KINDS = ("base", "system", "dependencies", "repository")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockItem:
    """One image: its first name, kind, bytes beyond the image that it stands on, and when it was used last (Unix time)."""

    name: str
    kind: str
    parent: str
    own_bytes: int
    used: float


class ImageStock:
    """Our images as the engine and the shelf know them; `label` says which are ours."""

    def __init__(self, engine: Engine, shelf: RecordShelf, *, label: str = OURS, packages: Path | None = None) -> None:
        self._engine = engine
        self._shelf = shelf
        self._label = label
        self._packages = packages or cache_folder() / "packages"

    def items(self) -> list[StockItem]:
        """Return our images that have a name, the least recently used first."""
        named = [image for image in self._engine.images(label=self._label) if image.names]
        sizes = {name: image.size for image in named for name in image.names}
        items = [self._item(image, sizes) for image in named]
        return sorted(items, key=lambda item: item.used)

    def _item(self, image: StoredImage, sizes: dict[str, int]) -> StockItem:
        parent = image.labels.get("worldline.base", "")
        name = image.names[0]
        # Images of earlier versions name no kind; all but the bases were of repositories.
        kind = image.labels.get(KIND_LABEL) or ("base" if "/base:" in name or "/plain:" in name else "repository")
        return StockItem(
            name=name,
            kind=kind,
            parent=parent,
            own_bytes=max(0, image.size - sizes.get(parent, 0)),
            used=max(image.created, self._shelf.used(name)),
        )

    def package_bytes(self) -> int:
        """Return the bytes of the kept downloads."""
        return sum(size for _, size, _ in self._downloads())

    def _downloads(self) -> list[tuple[float, int, Path]]:
        files = [path for path in self._packages.rglob("*") if path.is_file()]
        return sorted((stat.st_mtime, stat.st_size, path) for path in files for stat in [path.stat()])

    def half_built(self) -> list[StoredImage]:
        """Return our images without a name that nothing stands on: what a broken or repeated build left."""
        return self._engine.images(label=self._label, dangling=True)

    def remove_half_built(self) -> int:
        """Remove them; return how many went."""
        return sum(self._engine.remove_image(image.id) for image in self.half_built())

    def over_quota(self, quota: int) -> list[StockItem]:
        """Return what has to go for our images to fit: repositories by last use, then layers that none of the rest needs.

        Bases stay, and so does an image that others stand on.
        """
        items = self.items()
        total = sum(item.own_bytes for item in items)
        going: list[StockItem] = []
        for item in items:
            if total > quota and item.kind == "repository":
                going.append(item)
                total -= item.own_bytes
        for kind in ("dependencies", "system"):
            for item in items:
                rest = [other for other in items if other not in going]
                if total > quota and item.kind == kind and not _needed(item, rest):
                    going.append(item)
                    total -= item.own_bytes
        return going

    def remove(self, items: Iterable[StockItem]) -> tuple[int, int]:
        """Remove the images and their records; return how many went and their bytes. One in use stays."""
        gone, size = 0, 0
        for item in items:
            if self._engine.remove_image(item.name):
                self._shelf.drop(item.name)
                gone, size = gone + 1, size + item.own_bytes
        return gone, size

    def trim_packages(self, quota: int) -> int:
        """Remove kept downloads, the least recently used first, until they fit; return the bytes that went."""
        downloads = self._downloads()
        total = sum(size for _, size, _ in downloads)
        went = 0
        for _, size, path in downloads:
            if total - went <= quota:
                break
            path.unlink(missing_ok=True)
            went += size
        return went


def _needed(item: StockItem, others: list[StockItem]) -> bool:
    return any(other.parent == item.name for other in others)
