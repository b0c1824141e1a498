"""Links of a source, followed by their words alone and inside the tree alone: nothing of the host is ever looked at."""

from collections.abc import Mapping
from dataclasses import dataclass

from images.errors import RefusedSource
from images.file_names import link_target
from images.plain_text import one_line

_LONGEST_CHAIN = 8
_MOST_COPIED = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A symbolic link, or a hard link of an archive, whose target counts `from_top` of it."""

    target: str
    from_top: bool = False

    def path(self, name: str) -> str | None:
        """Return the path in the tree that the link of this name leads to, or None when it leads out."""
        return link_target("" if self.from_top else name, self.target)


def with_links(files: Mapping[str, bytes], links: Mapping[str, Link]) -> tuple[dict[str, bytes], list[str], int]:
    """Return the files with copies where links lead to files, the links that lead out, and how many gave no file.

    A link below another link's name is refused, as is a tree whose copies take more than 50 MB.
    """
    complete, outside, skipped, copied = dict(files), [], 0, 0
    for name, link in links.items():
        if link.path(name) is None:
            outside.append(name)
            continue
        data = _follow(name, files, links)
        if data is None:
            skipped += 1
            continue
        copied += len(data)
        if copied > _MOST_COPIED:
            raise RefusedSource("bytes", f"the links of the source lead to more than {_MOST_COPIED} bytes")
        complete[name] = data
    for name in files:
        parts = name.split("/")
        if any("/".join(parts[:depth]) in links for depth in range(1, len(parts))):
            raise RefusedSource("link", f"the file {one_line(name)!r} lies below a link")
    return complete, outside, skipped


def _follow(name: str, files: Mapping[str, bytes], links: Mapping[str, Link]) -> bytes | None:
    at: str | None = name
    for _ in range(_LONGEST_CHAIN):
        if at is None or at not in links:
            break
        at = links[at].path(at)
    return None if at is None else files.get(at)
