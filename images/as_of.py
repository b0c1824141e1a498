"""As of: the moment to which the packages of a build are pinned, and how installers are held to it."""

import re
from datetime import UTC, datetime, timedelta

from images.errors import BuildFailed
from images.source_tree import SourceTree

SOURCE = "source"
_FORM = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")


def check_as_of(text: str) -> None:
    """Raise `ValueError` unless the text is empty, `source`, a date, or a date with a time in UTC."""
    if text and text != SOURCE and _moment(text) is None:
        raise ValueError(
            f"as_of is {text!r}: write 'source' for the date of the commit or release, a date as 2024-05-31, "
            f"or a moment as 2024-05-31T12:00:00Z"
        )


def moment_of(as_of: str, tree: SourceTree) -> datetime | None:
    """Return the moment after which no package counts, None for no bound; a date includes the whole day, in UTC.

    Raises `BuildFailed` where `source` is asked for and nobody knows how old the source is.
    """
    if as_of == SOURCE and tree.dated is None:
        raise BuildFailed("as-of", "the source has no date, as a folder or an index without dates: write one as as_of")
    if as_of == SOURCE:
        return tree.dated
    return _moment(as_of) if as_of else None


def _moment(text: str) -> datetime | None:
    if not _FORM.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if "T" in text else found + timedelta(days=1)


def installing_as_of(moment: datetime | None) -> dict[str, str]:
    """Return the environment in which uv, and what it starts to build wheels, sees no file uploaded later.

    The index must state upload times (PEP 700): files without one are refused.
    """
    return {"UV_EXCLUDE_NEWER": text_of(moment)} if moment else {}


def text_of(moment: datetime) -> str:
    """Return a moment as it is written in records and settings."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
