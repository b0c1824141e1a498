"""`worldline images build`: builds images of the named repositories side by side, and says how each went."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from images.base_image import ensure_base
from images.build import BuildSettings, build_image
from images.catalogue import ImageRecord
from images.engine import Engine
from images.errors import BadSource, BuildFailed
from images.host_pip import read_host_pip
from images.repository_entry import RepositoryEntry
from images.source import fetch
from images.source_tree import SourceTree
from images.spec import parse_spec
from pipelines.entry_build import failed_record, settings_of, spec_text
from pipelines.errors import UserError
from pipelines.repository_list import read_repository_list


def build_command(specs: Sequence[str], *, workers: int, python: str) -> int:
    """Build the images and print a line for each; return 0 when all are executable, else 2.

    What is named itself is fetched before anything is built, so that a misspelt one leaves nothing behind. The rows of
    lists (.toml, .jsonl) are fetched one by one: a source that fails is a failed record, and the others go on.
    """
    if workers < 1:
        raise UserError(f"--workers is {workers}: it must be at least 1")
    pip, settings = read_host_pip(), BuildSettings(python=python)
    lists = [text for text in specs if text.endswith((".toml", ".jsonl"))]
    rows = [entry for path in lists for entry in read_repository_list(Path(path))]
    named = [RepositoryEntry(spec=text) for text in specs if text not in lists]
    fetched: dict[RepositoryEntry, SourceTree] = {entry: fetch(parse_spec(entry.spec), pip=pip) for entry in named}
    engine = Engine()
    for version in sorted({python, *(entry.python or python for entry in rows)}):
        ensure_base(engine, version, image=settings.base_image)
    console = Console()

    def build(entry: RepositoryEntry) -> ImageRecord:
        try:
            spec = parse_spec(spec_text(entry))
            tree = fetched.get(entry) or fetch(spec, pip=pip)
            return build_image(engine, spec, tree, settings_of(entry, tree, settings))
        except (BadSource, BuildFailed) as error:
            return failed_record(entry, error)

    with ThreadPoolExecutor(workers) as pool:
        records = pool.map(build, [*named, *rows])
        failed = [record for record in records if not _say(console, record)]
    return 2 if failed else 0


def _say(console: Console, record: ImageRecord) -> bool:
    counts = Counter(test.outcome for test in record.tests)
    tests = ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common())
    line = f"{record.spec}: {record.status}  {record.image or record.reason}"
    console.print(f"{line}  [{tests or 'no tests ran'}]  {record.seconds:.1f} s", highlight=False, markup=False)
    if record.reason and record.image:
        console.print(f"  {record.reason}", highlight=False, markup=False)
    return record.executable
