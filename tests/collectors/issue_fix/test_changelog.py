"""Entries of changelogs are found by version, made plain, and chosen by the words of the fix."""

import pytest

from collectors.issue_fix.changelog import choose_entry, entries_of, notes_between, plain, words_of

RST = """Changelog
=========

2.1 (2024-01-02)
----------------
* :func:`naturaldelta` no longer raises for negative months (#12).
  It counts them from zero.
* Fix typo in ``metric``. Thanks to @someone.

Version 2.0.1
-------------

- Speed up `intcomma`. `#7 <https://example.org/7>`_

2.0
---

- Nothing of this belongs to the change.
"""
MARKDOWN = """# Changes

## [2.1] - 2024-01-02

### Fixed

- [`parse`](https://example.org) keeps the *last* separator, see [#3](https://example.org/3)

## [2.0]

- Old things are told here too
"""


def test_sections_between_two_versions_are_taken_whole() -> None:
    notes = notes_between({}, {"docs/CHANGES.rst": RST, "m.py": "1"}, ("2.0", "2.1"))
    assert notes.source == "docs/CHANGES.rst"
    assert notes.entries == (
        "`naturaldelta` no longer raises for negative months. It counts them from zero.",
        "Fix typo in `metric`.",
        "Speed up `intcomma`.",
    )
    (entry,) = notes_between({}, {"CHANGELOG.md": MARKDOWN}, ("2.0", "2.1")).entries
    assert entry.startswith("`parse` keeps the *last* separator")


def test_without_versions_what_was_added_is_taken() -> None:
    old = "News\n\n* An old entry that was there before.\n"
    new = "News\n\n* A new entry says what has changed.\n* An old entry that was there before.\n"
    assert notes_between({"NEWS": old}, {"NEWS": new}, ("1", "2")).entries == ("A new entry says what has changed.",)
    assert notes_between({}, {"README.md": "2.1\n---\n- not a changelog at all\n"}, ("1", "3")).entries == ()


@pytest.mark.parametrize(
    ("words", "chosen"),
    [("TestNaturalDelta months", 0), ("metric format_metric", 1), ("nothing shared here", None)],
)
def test_the_entry_with_the_rarest_shared_words_is_chosen(words: str, chosen: int | None) -> None:
    entries = notes_between({}, {"CHANGES": RST}, ("2.0", "2.1")).entries
    assert choose_entry(entries, words_of(words)) == ("" if chosen is None else entries[chosen])


def test_names_are_words_whole_and_in_parts() -> None:
    assert words_of("TestNaturalDelta uses _months_of(x)") == {
        "testnaturaldelta", "natural", "delta", "uses", "_months_of", "months"
    }  # fmt: skip


def test_entries_are_bullets_and_paragraphs() -> None:
    lines = [
        "Fixed",
        "-----",
        "A paragraph of",
        "two lines here.",
        "",
        "1. numbered entries count too",
        ".. note::",
        "",
    ]
    assert entries_of(lines) == ["A paragraph of two lines here.", "numbered entries count too"]
    assert plain("See https://x.org/1 for `this <https://x.org>`_ (GH-12)") == "See for this"
    assert plain("Handle overflow. :issue:`296` (Some-One, #3).") == "Handle overflow."
