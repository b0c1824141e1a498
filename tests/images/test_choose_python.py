"""Which Python a project's image gets."""

import pytest

from images.errors import BuildFailed
from images.python_choice import classified_pythons, python_choices, second_python
from images.source_tree import SourceTree


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
    assert python_choices(requires, "3.11")[0] == expected


def test_a_python_that_nobody_can_make_is_a_class_of_failure() -> None:
    with pytest.raises(BuildFailed, match=r"asks for Python '<3\.8', and there are 3\.9, 3\.11, 3\.13") as error:
        python_choices("<3.8", "3.11")
    assert error.value.reason == "wrong-python"


@pytest.mark.parametrize(
    ("requires", "classified", "expected"),
    [
        ("", ["2.7", "3.8", "3.9"], ["3.9", "3.11", "3.13"]),
        ("", ["3.9", "3.13"], ["3.13", "3.9", "3.11"]),
        ("", ["3.9", "3.11"], ["3.11", "3.9", "3.13"]),
        ("", ["3.4"], ["3.11", "3.9", "3.13"]),
        (">=3.6", ["3.8", "3.9"], ["3.11", "3.9", "3.13"]),
        (">=3.11.5", ["3.11", "3.13", "3.14"], ["3.11", "3.13"]),
    ],
)
def test_classifiers_decide_where_no_specifier_does(requires: str, classified: list[str], expected: list[str]) -> None:
    assert python_choices(requires, "3.11", classified) == expected


@pytest.mark.parametrize(
    ("choices", "classified", "reason", "expected"),
    [
        (["3.11", "3.13"], ["3.11", "3.13"], "wrong-python", "3.13"),
        (["3.11"], [], "wrong-python", None),
        (["3.11", "3.9", "3.13"], ["3.9"], "compiler", "3.9"),
        (["3.11", "3.9", "3.13"], ["3.9"], "needs-service", None),
        (["3.11", "3.9", "3.13"], ["3.9", "3.11"], "compiler", None),
        (["3.11", "3.9", "3.13"], [], "tests-fail", None),
    ],
)
def test_another_python_is_tried_for_what_it_may_mend(
    choices: list[str], classified: list[str], reason: str, expected: str | None
) -> None:
    assert second_python(choices, classified, reason) == expected


def test_classifiers_are_read_wherever_a_project_states_them() -> None:
    line = b"Programming Language :: Python :: "
    files = {
        "PKG-INFO": b"Classifier: " + line + b"3\nClassifier: " + line + b"3.8\n",
        "setup.py": b"setup(classifiers=['" + line + b"3.10', '" + line + b"Implementation'])",
    }
    assert classified_pythons(SourceTree(files=files)) == {"3.8", "3.10"}
