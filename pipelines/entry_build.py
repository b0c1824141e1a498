"""Builds of entries: what a recipe's or a list's row says beside its spec, and the record of one whose source failed."""

from dataclasses import replace

from images.build_settings import BuildSettings
from images.catalogue import ImageRecord
from images.errors import BadSource, BuildFailed, RefusedSource
from images.plain_text import one_line
from images.repository_entry import RepositoryEntry
from images.spec import parse_spec, short_name


def settings_of(entry: RepositoryEntry, settings: BuildSettings) -> BuildSettings:
    """Return the settings with the entry's own Python and date."""
    return replace(settings, python=entry.python or settings.python, as_of=entry.as_of or settings.as_of)


def spec_text(entry: RepositoryEntry) -> str:
    """Return the spec whose files an entry's image holds: of several releases the last."""
    return entry.spec or entry.releases[-1]


def repository_name(entry: RepositoryEntry) -> str:
    """Return the short name of the repository, without making anything.

    Raises `BadSource` for a mistake; a spec that is refused still has a name, under which its failure is kept.
    """
    try:
        return parse_spec(spec_text(entry)).repository
    except RefusedSource:
        return short_name(spec_text(entry)[:200])


def failed_record(entry: RepositoryEntry, error: BadSource | BuildFailed) -> ImageRecord:
    """Return the record of an entry that ended before its build began, with the class and the sentence."""
    reason = error.reason if isinstance(error, BuildFailed) else "source"
    try:
        name = repository_name(entry)
    except BadSource:
        name = short_name(spec_text(entry))
    # A refused spec may be a megabyte, or hold what a terminal obeys.
    return ImageRecord(repository=name, spec=one_line(spec_text(entry)), status="failed", reason=f"{reason}: {error}")
