"""Python choice: which Python versions a project's image may have, the one to try first at the head."""

import re
from collections.abc import Collection, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from images.base_image import PYTHONS
from images.errors import BuildFailed
from images.source_tree import SourceTree

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)\b")
_STATED_IN = ("PKG-INFO", "pyproject.toml", "setup.cfg", "setup.py")
# What another Python may mend: a module or header that a newer one dropped, a release that is not made for this one.
_MENDABLE = (
    "bad-packaging",
    "compiler",
    "dependencies",
    "install",
    "install-conflict",
    "missing-module",
    "missing-package",
    "no-tests-ran",
    "resolve",
    "tests-fail",
)


def classified_pythons(tree: SourceTree) -> frozenset[str]:
    """Return the versions, as in 3.11, that the project's classifiers name."""
    return frozenset(version for name in _STATED_IN for version in _CLASSIFIER.findall(tree.text(name) or ""))


def python_choices(requires: str, preferred: str, classified: Collection[str] = ()) -> list[str]:
    """Return the versions that the project's own specifier allows and we can make, in the order of their worth.

    The preferred version comes first, or the nearest that is allowed; where no specifier says anything and the classifiers
    leave the preferred version out, the highest that they name. Then the others that are named, the highest first.
    Raises `BuildFailed` of class `wrong-python` when there is none.
    """
    said, allowed = _allowed(requires, sorted({preferred, *PYTHONS}, key=_minor))
    if not allowed:
        raise BuildFailed(
            "wrong-python",
            f"the project asks for Python {requires!r}, and there are {', '.join(sorted(PYTHONS, key=_minor))}",
        )
    nearest = sorted(allowed, key=lambda v: (v != preferred, abs(_minor(v) - _minor(preferred))))
    named = sorted((v for v in allowed if v in classified), key=_minor, reverse=True)
    first = named[0] if named and not said and preferred not in classified else nearest[0]
    return list(dict.fromkeys([first, *named, *nearest]))


def second_python(choices: Sequence[str], classified: Collection[str], reason: str) -> str | None:
    """Return the version to try when the first of the choices failed for this class of reason, or None.

    A base has one patch release, which the project may find too old; another class is taken for the version's fault only
    where the project's classifiers name others and not this one.
    """
    first, *others = choices
    if reason == "wrong-python":
        return others[0] if others else None
    if reason in _MENDABLE and first not in classified:
        return next((version for version in others if version in classified), None)
    return None


def _allowed(requires: str, versions: Sequence[str]) -> tuple[bool, list[str]]:
    """Return whether the specifier says anything, and the versions that it allows."""
    try:
        allowed = SpecifierSet(re.sub(r"(\d)\.\*(?=\s*[,]|$)", r"\1", requires) if ">" in requires else requires)
    except InvalidSpecifier:
        return False, list(versions)
    # A specifier speaks of patch releases too: `>=3.11.4` is met by the 3.11 that a base has today.
    found = [v for v in versions if any(allowed.contains(f"{v}.{patch}", prereleases=True) for patch in (0, 99))]
    return bool(len(allowed)), found


def _minor(version: str) -> int:
    return int(version.split(".")[1])
