"""State changes: what a state differs in from the last one of its scope, and the states again from their changes."""

from collections.abc import Iterable, Mapping

from trajectories.frame import FrameKind

# Names with their new texts; None says that the name was deleted.
Changes = list[tuple[str, str | None]]


def changes_between(old: Mapping[str, str], new: Mapping[str, str]) -> Changes:
    """Return the changes that make `new` of `old`, in order: rebound names, new ones, deleted ones.

    Names that have changed their places are deleted first and bound again.
    """
    kept = [name for name in old if name in new]
    added = [name for name in new if name not in old]
    gone: Changes = [(name, None) for name in old if name not in new]
    if [*kept, *added] == list(new):
        rebound: Changes = [(name, new[name]) for name in kept if new[name] != old[name]]
        return [*rebound, *((name, new[name]) for name in added), *gone]
    moved: Changes = [(name, None) for name in old]
    return [*moved, *new.items()]


class OpenStates:
    """Follows the frames of one trace, and knows the last state of every scope that may still be open."""

    def __init__(self) -> None:
        self._states: list[dict[str, str]] = []

    def at(self, kind: FrameKind, depth: int) -> dict[str, str]:
        """Return the last state of the scope that a frame of this kind and depth belongs to: none for a call's."""
        while len(self._states) <= depth:
            self._states.append({})
        if kind is FrameKind.CALL:
            self._states[depth] = {}
        return self._states[depth]

    def replaced(self, depth: int, state: dict[str, str]) -> None:
        """Take the newest state of the scope that is open at this depth."""
        self._states[depth] = state


def changed_state(old: Mapping[str, str], changes: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return the state after the changes, in binding order: a rebound name keeps its place, a new one goes last."""
    state = dict(old)
    for name, text in changes:
        if text is None:
            state.pop(name, None)
        else:
            state[name] = text
    return state
