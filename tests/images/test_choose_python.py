"""Which Python a project's image gets."""

import pytest

from images.build import choose_python
from images.errors import BuildFailed


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("", "3.11"),
        (">=3.8", "3.11"),
        (">=3.11.4", "3.11"),
        ("<3.10", "3.9"),
        (">=3.12", "3.13"),
        ("~=3.9.0", "3.9"),
        (">=3.6.*", "3.11"),
        ("odd", "3.11"),
    ],
)
def test_the_preferred_python_or_the_nearest_that_is_allowed(requires: str, expected: str) -> None:
    assert choose_python(requires, "3.11") == expected


def test_a_python_that_nobody_can_make_is_a_class_of_failure() -> None:
    with pytest.raises(BuildFailed, match=r"asks for Python '<3\.8', and there are 3\.9, 3\.11, 3\.13") as error:
        choose_python("<3.8", "3.11")
    assert error.value.reason == "wrong-python"
