"""`worldline images build`: builds images of the named repositories side by side, and says how each went."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from images.base_image import ensure_base
from images.build import build_image
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.engine import Engine
from images.host_pip import read_host_pip
from images.record_shelf import RecordShelf, still_there
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind, parse_spec
from pipelines.errors import UserError


def build_command(specs: Sequence[str], *, workers: int, python: str, as_of: str = "") -> int:
    """Build the images and print a line for each; return 0 when all are executable, else 2.

    All sources are fetched before anything is built, so that a misspelt one leaves nothing behind.
    """
    if workers < 1:
        raise UserError(f"--workers is {workers}: it must be at least 1")
    try:
        settings = BuildSettings(python=python, as_of=as_of)
    except ValueError as error:
        raise UserError(str(error)) from error
    pip, shelf = read_host_pip(), RecordShelf()
    read = [parse_spec(text) for text in specs]
    waiting: list[tuple[RepositorySpec, SourceTree | None]] = []
    for spec in read:
        if spec.kind is SourceKind.RELEASE and shelf.find(spec.text, settings):
            waiting.append((spec, None))
        else:
            waiting.append((spec, fetch(spec, pip=pip)))
    engine = Engine()
    ensure_base(engine, python, image=settings.base_image)
    console = Console()
    with ThreadPoolExecutor(workers) as pool:
        records = pool.map(lambda pair: build_or_find(engine, shelf, pair[0], pair[1], settings), waiting)
        failed = [record for record in records if not _say(console, record)]
    return 2 if failed else 0


def build_or_find(
    engine: Engine, shelf: RecordShelf, spec: RepositorySpec, tree: SourceTree | None, settings: BuildSettings
) -> ImageRecord:
    """Return the record of an image that is as a build would make it, else build it and keep its record.

    A release never changes: without its `tree`, its files are fetched only when there is something to build.
    """
    known = shelf.find(spec.text, settings)
    if known and still_there(engine, known, tree.digest if tree else None):
        shelf.touch(known.image)
        return known
    record = build_image(engine, spec, tree or fetch(spec, pip=read_host_pip()), settings)
    shelf.put(record, settings)
    return record


def _say(console: Console, record: ImageRecord) -> bool:
    counts = Counter(test.outcome for test in record.tests)
    tests = ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
    line = f"{record.spec}: {record.status}  {record.image or record.reason}"
    console.print(f"{line}  [{tests or 'no tests ran'}]  {record.seconds:.1f} s", highlight=False, markup=False)
    if record.reason and record.image:
        console.print(f"  {record.reason}", highlight=False, markup=False)
    return record.executable
