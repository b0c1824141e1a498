"""ScopeStates: what each open scope of a trace was last seen to hold, so that unchanged values need not be repeated."""

from trajectories.frame import Frame, FrameKind


class ScopeStates:
    """Follows the frames of one trace and knows the last state of every scope that is still open.

    After a nested call has returned, its caller's state is forgotten (rule 6 of the trace format); a scope that is left
    by an exception does not make its caller's state forgotten.
    """

    def __init__(self) -> None:
        self._open: list[dict[str, str]] = []

    def known(self, kind: FrameKind, depth: int) -> dict[str, str]:
        """Return the texts that a frame of this kind and depth may leave out: name to text, none for a call frame."""
        return {} if kind is FrameKind.CALL or depth >= len(self._open) else self._open[depth]

    def enter(self, frame: Frame) -> dict[str, str]:
        """Take the frame as the newest one and return what was known of its scope before it."""
        known = self.known(frame.kind, frame.depth)
        del self._open[frame.depth + 1 :]
        while len(self._open) <= frame.depth:
            self._open.append({})
        if frame.kind in (FrameKind.CALL, FrameKind.LINE):
            self._open[frame.depth] = frame.locals
        elif frame.kind is FrameKind.RETURN:
            del self._open[frame.depth :]
            if self._open:
                self._open[-1] = {}
        return known
