"""The licence that a repository states in its metadata or in its licence file, as an SPDX identifier where known."""

import re
import tomllib
from email.parser import HeaderParser

from images.source_tree import SourceTree

_FIRST_WORDS = (
    ("Apache-2.0", r"apache license\s+version 2\.0"),
    ("MIT", r"permission is hereby granted, free of charge"),
    ("BSD-3-Clause", r"redistribution and use in source and binary forms.*neither the name"),
    ("BSD-2-Clause", r"redistribution and use in source and binary forms"),
    ("MPL-2.0", r"mozilla public license,? (version|v\.) 2\.0"),
    ("LGPL", r"gnu lesser general public license"),
    ("AGPL", r"gnu affero general public license"),
    ("GPL", r"gnu general public license"),
    ("ISC", r"permission to use, copy, modify, and/or distribute"),
    ("PSF-2.0", r"python software foundation license"),
    ("Unlicense", r"free and unencumbered software"),
)


def find_licence(tree: SourceTree) -> str:
    """Return the repository's licence, or `unknown`: its own metadata first, then the wording of its licence file."""
    return _from_metadata(tree) or _from_file(tree) or "unknown"


def _from_metadata(tree: SourceTree) -> str | None:
    headers = HeaderParser().parsestr(tree.text("PKG-INFO") or "")
    stated = headers.get("License-Expression") or headers.get("License") or ""
    if not stated:
        try:
            field = tomllib.loads(tree.text("pyproject.toml") or "").get("project", {}).get("license", "")
        except (tomllib.TOMLDecodeError, AttributeError):
            return None
        stated = field if isinstance(field, str) else ""
    return stated.strip() if stated and len(stated) < 60 and "\n" not in stated.strip() else None


def _from_file(tree: SourceTree) -> str | None:
    named = [n for n in sorted(tree.files) if re.fullmatch(r"(LICEN[CS]E|COPYING)[^/]*", n, re.IGNORECASE)]
    words = re.sub(r"\s+", " ", " ".join(tree.text(name) or "" for name in named)).lower()
    return next((spdx for spdx, pattern in _FIRST_WORDS if re.search(pattern, words)), None)
