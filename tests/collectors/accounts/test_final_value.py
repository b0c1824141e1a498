"""The checker: the value that an account ends in, against the true one."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.accounts.final_value import FinalValue, code, final_sentence, read_final, true_value
from trajectories.frame import Frame, FrameKind

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.binary(max_size=3)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(), inner, max_size=2) | st.tuples(inner),
    max_leaves=6,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("` .\n"), max_size=20)


def _returned(text: str) -> FinalValue:
    return FinalValue(kind=FrameKind.RETURN, text=text)


def _raised(text: str) -> FinalValue:
    return FinalValue(kind=FrameKind.EXCEPTION, text=text)


@given(TEXTS, st.sampled_from([FrameKind.RETURN, FrameKind.EXCEPTION]), st.text(max_size=30))
def test_the_final_sentence_is_read_back(text: str, kind: FrameKind, before: str) -> None:
    value = FinalValue(kind=kind, text=text)
    assert read_final(f"{before}\n\n{final_sentence(value)}\n") == value


@given(VALUES, VALUES)
def test_values_are_the_same_exactly_when_they_are_equal_type_for_type(one: object, other: object) -> None:
    assert _returned(repr(one)).same(_returned(repr(ast.literal_eval(repr(one)))))
    same = _returned(repr(one)).same(_returned(repr(other)))
    assert same == (repr(one) == repr(other)) or (isinstance(one, dict) and one == other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("[1,2]", "[1, 2]", True),
        ("'a'", '"a"', True),
        ("{1, 2}", "{2, 1}", True),
        ("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", True),
        ("1_000", "1000", True),
        ("1", "True", False),
        ("1", "1.0", False),
        ("0.0", "-0.0", False),
        ("[1, 2]", "(1, 2)", False),
        ("[[1]]", "[[True]]", False),
        ("{1: 2}", "{True: 2}", False),
        ("<Point x=1>", "<Point x=1>", True),
        ("<Point x=1>", "<Point x=2>", False),
        ("nan", "nan", True),
        ("7", "'7'", False),
        ("7", "", False),
        ("9" * 5000, "9" * 5000, True),
        ("[" * 2000, "[" * 2001, False),
    ],
)
def test_literals_are_compared_as_values_and_others_as_text(one: str, other: str, same: bool) -> None:
    assert _returned(one).same(_returned(other)) is same


def test_exceptions_have_a_type_and_a_message() -> None:
    assert _raised("KeyError: 'n'").same(_raised("KeyError: 'n'"))
    assert not _raised("KeyError: 'n'").same(_raised("KeyError: 'm'"))
    assert not _raised("KeyError: 1").same(_raised("IndexError: 1"))
    assert not _raised("KeyError").same(_returned("KeyError"))


@pytest.mark.parametrize(
    ("account", "value"),
    [
        ("The call returns `7`. The call returns `8`.", "8"),
        ("The call returns `7`.\n\nSo the answer is 8.", None),
        ("The call returns 7.", None),
        ("The call returns `7`", None),
        ("The call returns `7` or `8`.", None),
        ("It returns `7`.", None),
        ("", None),
        ("The call returns ``'The call returns `3`.'``.", "'The call returns `3`.'"),
    ],
)
def test_only_what_is_stated_last_counts(account: str, value: str | None) -> None:
    assert read_final(account) == (None if value is None else _returned(value))


@given(VALUES, VALUES)
def test_a_changed_value_never_passes(true: object, stated: object) -> None:
    frame = Frame(kind=FrameKind.RETURN, depth=0, line_number=1, source_line="", locals={}, value=repr(true))
    read = read_final(f"On the way it is {code(repr(true))}.\n\n{final_sentence(_returned(repr(stated)))}")
    assert read is not None
    if repr(stated) != repr(true) and not (isinstance(true, dict) and true == stated):
        assert not read.same(true_value(frame))
