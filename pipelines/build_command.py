"""`worldline images build`: builds images of the named repositories side by side, and says how each went."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from images.base_image import ensure_base
from images.build import build_image
from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.engine import Engine
from images.errors import BadSource, BuildFailed
from images.host_pip import read_host_pip
from images.record_shelf import RecordShelf, still_there
from images.repository_entry import RepositoryEntry
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import RepositorySpec, SourceKind, parse_spec
from pipelines.entry_build import failed_record, settings_of, spec_text
from pipelines.errors import UserError
from pipelines.repository_list import read_repository_list


def build_command(specs: Sequence[str], *, workers: int, python: str, as_of: str = "") -> int:
    """Build the images and print a line for each; return 0 when all are executable, else 2.

    What is named itself is fetched before anything is built, so that a misspelt one leaves nothing behind. The rows of
    lists (.toml, .jsonl) are fetched one by one: a source that fails is a failed record, and the others go on.
    """
    if workers < 1:
        raise UserError(f"--workers is {workers}: it must be at least 1")
    try:
        settings = BuildSettings(python=python, as_of=as_of)
    except ValueError as error:
        raise UserError(str(error)) from error
    lists = [text for text in specs if text.endswith((".toml", ".jsonl"))]
    rows = [entry for path in lists for entry in read_repository_list(Path(path))]
    builder = EntryBuilder(settings)
    named = [RepositoryEntry(spec=text) for text in specs if text not in lists]
    for entry in named:
        builder.prepare(entry)
    console = Console()
    with builder.started(rows), ThreadPoolExecutor(workers) as pool:
        # Said as they end: a long build at the head of a list does not keep back what is known of the others.
        builds = [pool.submit(builder.build, entry) for entry in (*named, *rows)]
        failed = [build for build in as_completed(builds) if not _say(console, build.result())]
    return 2 if failed else 0


class EntryBuilder:
    """Builds what entries name, and skips a build that would make what the engine holds already."""

    def __init__(self, settings: BuildSettings, *, shelf: RecordShelf | None = None) -> None:
        self._settings = settings
        self._shelf = shelf or RecordShelf()
        self._fetched: dict[RepositoryEntry, SourceTree] = {}

    def prepare(self, entry: RepositoryEntry) -> None:
        """Fetch the files of an entry, unless it is a release that was built before: a release never changes."""
        spec = parse_spec(spec_text(entry))
        if not (spec.kind is SourceKind.RELEASE and self._shelf.find(spec.text, settings_of(entry, self._settings))):
            self._fetched[entry] = fetch(spec, pip=read_host_pip())

    @contextmanager
    def started(self, rows: Sequence[RepositoryEntry] = ()) -> Iterator[None]:
        """Stay connected to the engine, with the bases of all Python versions that are asked for made."""
        with Engine() as self._engine:
            self._engine.check_space()
            for version in sorted({self._settings.python, *(entry.python for entry in rows if entry.python)}):
                ensure_base(self._engine, version, image=self._settings.base_image)
            yield

    def build(self, entry: RepositoryEntry) -> ImageRecord:
        """Return the record of an image that is as a build would make it, else build it and keep its record."""
        try:
            spec, settings = parse_spec(spec_text(entry)), settings_of(entry, self._settings)
            tree = self._fetched.get(entry)
            if tree is None and spec.kind is not SourceKind.RELEASE:
                tree = fetch(spec, pip=read_host_pip())
            return build_or_find(self._engine, self._shelf, spec, tree, settings)
        except (BadSource, BuildFailed) as error:
            return failed_record(entry, error)


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
