"""Errors come whole from one process to another, as they do from Ray's workers."""

import pickle

import pytest

from images import errors
from images.errors import BuildFailed, ContainerLost, ImagesError, RefusedSource

_MADE = [
    BuildFailed("timeout", "too long", "all that was said"),
    ContainerLost("disk", "full"),
    RefusedSource("a", "b"),
]
_PLAIN = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ImagesError)]


@pytest.mark.parametrize("error", [*_MADE, *(kind("m") for kind in _PLAIN if kind not in map(type, _MADE))], ids=repr)
def test_an_error_is_the_same_when_it_comes_from_another_process(error: ImagesError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
