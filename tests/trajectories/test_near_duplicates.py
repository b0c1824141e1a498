"""Near-duplicates: of what is kept no two are alike, and what is not kept is like something that is."""

import itertools
import random

import pytest

from tests.trajectories.test_rows import SOLVED
from trajectories.near_duplicates import (
    NearDuplicateSettings,
    actions_of,
    jaccard,
    mark_near_duplicates,
    runs_of_words,
)

SETTINGS = NearDuplicateSettings()


def _texts(seed: int, count: int = 120) -> dict[str, str]:
    """Return texts of which many are changes of one another, from a few words to most."""
    draw = random.Random(seed)
    texts: list[list[str]] = []
    for _ in range(count):
        words = [f"w{draw.randrange(5000)}" for _ in range(80)]
        if texts and draw.random() < 0.7:
            words = list(draw.choice(texts))
            for _ in range(draw.randrange(0, 20)):
                words[draw.randrange(80)] = f"w{draw.randrange(5000)}"
        texts.append(words)
    return {f"{number:03d}": " ".join(words) for number, words in enumerate(texts)}


@pytest.mark.parametrize("seed", range(4))
def test_of_the_kept_no_two_are_alike_and_the_others_are_like_one(seed: int) -> None:
    texts = _texts(seed)
    marks = mark_near_duplicates(texts, SETTINGS)
    runs = {name: runs_of_words(text, SETTINGS.words) for name, text in texts.items()}
    kept = [mark.id for mark in marks if mark.kept]
    assert 20 < len(kept) < len(texts) == len(marks)
    assert max(jaccard(runs[a], runs[b]) for a, b in itertools.combinations(kept, 2)) < 0.5
    for mark in marks:
        if not mark.kept:
            assert mark.like in kept and mark.similarity == jaccard(runs[mark.id], runs[mark.like]) >= 0.5


def test_marks_do_not_depend_on_the_order_of_the_texts() -> None:
    texts = _texts(9)
    turned = dict(reversed(texts.items()))
    assert mark_near_duplicates(turned, SETTINGS) == mark_near_duplicates(texts, SETTINGS)


def test_equal_and_empty_texts_are_kept_once() -> None:
    marks = mark_near_duplicates({"a": "", "b": "x y", "c": "x y", "d": ""}, SETTINGS)
    assert [(mark.id, mark.kept, mark.like) for mark in marks] == [
        ("a", True, ""),
        ("b", True, ""),
        ("c", False, "b"),
        ("d", False, "a"),
    ]
    assert mark_near_duplicates({}, SETTINGS) == []


def test_actions_are_tools_and_bodies_alone() -> None:
    assert actions_of(SOLVED) == "bash\nls\nbash\nls"


@pytest.mark.parametrize("settings", [{"similarity": 0.1}, {"similarity": 1.5}, {"words": 0}])
def test_settings_are_checked(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        NearDuplicateSettings(**settings)  # type: ignore[arg-type]
