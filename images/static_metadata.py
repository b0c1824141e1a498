"""Static metadata: what a source release states for good of its own needs (PEP 643), so that nothing is built to learn it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from packaging.markers import default_environment
from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from images.source_tree import SourceTree

# From this version of the format on, a field that is not named as dynamic is what every build of the source has.
_PROMISES = Version("2.2")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticMetadata:
    """The project's normalised name and its requirements, those of its extras with their markers."""

    name: str
    requirements: tuple[Requirement, ...]

    def needs(self, extras: Sequence[str], *, python: str) -> list[str]:
        """Return the requirements that hold on a Linux with this Python for the project with these extras."""
        environment: dict[str, Any] = {
            **default_environment(),
            "python_version": python,
            "python_full_version": f"{python}.0",
        }
        environment |= {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
        found = []
        for requirement in self.requirements:
            marker, plain = requirement.marker, Requirement(str(requirement))
            plain.marker = None
            chosen = [{**environment, "extra": extra} for extra in ("", *map(canonicalize_name, extras))]
            if marker is None or any(marker.evaluate(one) for one in chosen):
                found.append(str(plain))
        return list(dict.fromkeys(found))


def read_static_metadata(tree: SourceTree) -> StaticMetadata | None:
    """Return the release's static metadata; None for other sources, and where the needs are left to the build."""
    fields, _ = parse_email(tree.text("PKG-INFO") or "")
    try:
        promised = Version(fields.get("metadata_version", "0")) >= _PROMISES
        requirements = tuple(Requirement(text) for text in fields.get("requires_dist", ()))
    except (InvalidVersion, InvalidRequirement):
        return None
    dynamic = {name.lower() for name in fields.get("dynamic", ())}
    if not promised or "name" not in fields or {"requires-dist", "provides-extra"} & dynamic:
        return None
    return StaticMetadata(name=canonicalize_name(fields["name"]), requirements=requirements)
