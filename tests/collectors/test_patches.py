"""Patches that are made and applied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import PatchError
from collectors.patches import apply_patch, diff_of, unified_diff

_TEXTS = st.lists(
    st.sampled_from(["a\n", "b\n", "\n", "-- x\n", "++ b/x\n", "@@ -1 +1 @@\n", "\x0cé\n", "\\ y\n"])
).map("".join)
_FILES = st.dictionaries(
    st.sampled_from(["a.py", "b c.py", "d/é.py"]), st.tuples(_TEXTS, _TEXTS, st.booleans(), st.booleans())
)


@given(_FILES)
def test_a_patch_leads_from_the_texts_before_to_those_after(files: dict[str, tuple[str, str, bool, bool]]) -> None:
    before = {path: old.removesuffix("\n" if cut else "") for path, (old, _, cut, _) in files.items()}
    after = {path: new.removesuffix("\n" if cut else "") for path, (_, new, _, cut) in files.items()}
    changed = apply_patch(before, diff_of(before, after))
    assert {**before, **changed} == after
    assert set(changed) == {path for path in after if after[path] != before[path]}


def test_a_file_that_is_not_there_was_empty() -> None:
    assert apply_patch({}, unified_diff("new.py", "", "x = 1\n")) == {"new.py": "x = 1\n"}


@pytest.mark.parametrize(
    "patch",
    [
        unified_diff("a.py", "x = 2\n", "x = 3\n"),
        unified_diff("b.py", "x = 1\n", "x = 3\n"),
        unified_diff("a.py", "x = 1\n", "x = 3\n").removesuffix("+x = 3\n"),
        unified_diff("a.py", "x = 1\n", "x = 3\n").replace("+x", "!x"),
        "@@ -1 +1 @@\n-x = 1\n+x = 3\n",
    ],
)
def test_a_patch_that_does_not_fit_is_refused(patch: str) -> None:
    with pytest.raises(PatchError, match="patch"):
        apply_patch({"a.py": "x = 1\n"}, patch)
