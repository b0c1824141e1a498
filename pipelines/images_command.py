"""`worldline images list`, `show`, `du`, `prune`: what images there are, what they hold, and what they take."""

from collections import Counter
from datetime import datetime

from rich.console import Console
from rich.table import Table

from images.catalogue import ImageRecord
from images.engine import Engine
from images.image_stock import KINDS, ImageStock
from images.record_shelf import RecordShelf
from pipelines.errors import UserError


def list_images(kind: str | None) -> int:
    """Print our images, the last used first; return the exit code."""
    shelf = RecordShelf()
    status = {record.image: record.status for record in shelf.records()}
    table = Table("image", "kind", "own MB", "last used", "status")
    with Engine() as engine:
        items = ImageStock(engine, shelf).items()
    for item in reversed(items):
        if kind in (None, item.kind):
            used = datetime.fromtimestamp(item.used).strftime("%Y-%m-%d %H:%M")
            table.add_row(item.name, item.kind, _mb(item.own_bytes), used, status.get(item.name, ""))
    Console().print(table)
    return 0


def find_record(name: str) -> ImageRecord:
    """Return the newest record of an image, a repository or a spec; raise `UserError` when there is none."""
    found = [r for r in RecordShelf().records() if name in (r.image, r.repository, r.spec)]
    if not found:
        raise UserError(f"no record of {name!r} is on this machine: see `worldline images list`, or build it")
    return next((record for record in found if record.executable), found[0])


def show_image(name: str, *, with_log: bool) -> int:
    """Print the record of an image; return the exit code."""
    record = find_record(name)
    counts = Counter(test.outcome for test in record.tests)
    lines = {
        "image": record.image or "none",
        "status": f"{record.status} {record.reason}".strip(),
        "spec": record.spec,
        "source": record.source_digest,
        "licence": record.licence,
        "python": record.python_version,
        "recipe": f"{record.recipe} {record.recipe_digest[:12]}",
        "as of": record.as_of or "today",
        "Debian packages": " ".join(record.system_packages) or "none",
        "Python packages": " ".join(record.packages) or "none",
        "tests": ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common()) or "none ran",
        "files not collected": str(record.collection_errors),
        "test command": " ".join(record.test_command),
        "bytes": f"{_mb(record.added_bytes)} MB of its own, {_mb(record.shared_bytes)} MB shared beyond the base",
        "seconds": f"{record.seconds:.1f}",
    }
    console = Console(soft_wrap=True)
    for label, text in lines.items():
        console.print(f"{label + ':':<21}{text}", markup=False, highlight=False)
    for attempt in record.attempts:
        said = attempt.reason or "executable"
        console.print(f"tried {attempt.recipe!r}, {attempt.seconds:.1f} s: {said}", markup=False, highlight=False)
        if with_log:
            console.print(attempt.log, markup=False, highlight=False)
    return 0


def show_usage() -> int:
    """Print the bytes by kind; return the exit code."""
    with Engine() as engine:
        stock = ImageStock(engine, RecordShelf())
        items, unnamed = stock.items(), len(stock.half_built())
    table = Table("kind", "images", "MB", "median MB")
    for kind in KINDS:
        sizes = sorted(item.own_bytes for item in items if item.kind == kind)
        table.add_row(kind, str(len(sizes)), _mb(sum(sizes)), _mb(sizes[len(sizes) // 2] if sizes else 0))
    table.add_row("without a name", str(unnamed), "", "")
    table.add_row("kept downloads", "", _mb(stock.package_bytes()), "")
    Console().print(table)
    return 0


def prune(*, quota: int | None, package_quota: int | None, dry_run: bool) -> int:
    """Remove orphaned containers, images without a name, and what is over a quota; say what went."""
    with Engine() as engine:
        stock = ImageStock(engine, RecordShelf())
        going = stock.over_quota(quota) if quota is not None else []
        if dry_run:
            for item in going:
                print(f"would remove {item.name} ({_mb(item.own_bytes)} MB)")
            print(f"would remove {len(stock.half_built())} images without a name and {len(going)} over the quota")
            return 0
        print(
            f"removed {engine.remove_orphans()} orphaned containers and {stock.remove_half_built()} images without a name"
        )
        if quota is not None:
            gone, freed = stock.remove(going)
            print(f"removed {gone} images over the quota, {_mb(freed)} MB; {len(going) - gone} are in use and stay")
        if package_quota is not None:
            print(f"removed {_mb(stock.trim_packages(package_quota))} MB of kept downloads")
        return 0


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}"
