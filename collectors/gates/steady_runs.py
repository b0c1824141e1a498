"""SteadyRuns: repeated verdicts on states that are trusted, in one container that is kept from task to task."""

import time
from collections.abc import Callable, Mapping

from collectors.judge import JudgeSettings, Verdict, judge
from collectors.patches import apply_patch
from collectors.task import Task
from images.container import Container
from images.errors import EngineError


class SteadyRuns:
    """Judges states that no agent made; each run has another seed of hashes and another order of the tests.

    A task with hidden files gets a container of its own, since what they add cannot be taken back. `slowest` is the longest
    run of the last task in seconds.
    """

    def __init__(
        self, open_container: Callable[[], Container], sources: Mapping[str, str], settings: JudgeSettings
    ) -> None:
        self._open = open_container
        self._sources = sources
        self._settings = settings
        self._container: Container | None = None
        self.slowest = 0.0

    def verdicts(self, task: Task, patch: str, count: int) -> list[Verdict]:
        """Return the verdicts of so many runs of the task's state with the patch, up to the first without a reward of 1 or 0."""
        start = task.start(self._sources)
        texts = {**start, **apply_patch({**self._sources, **start}, patch)}
        found = []
        self.slowest = 0.0
        for order in range(1, count + 1):
            began = time.monotonic()
            found.append(self._verdict(task, {path: text.encode() for path, text in texts.items()}, order))
            self.slowest = max(self.slowest, time.monotonic() - began)
        self._restore(task, texts)
        return found

    def _verdict(self, task: Task, state: Mapping[str, bytes], order: int) -> Verdict:
        try:
            self._container = self._container or self._open()
            return judge(self._container, task, state, seconds=self._settings.seconds, order=order)
        except EngineError:
            # The state is no agent's: what is lost is asked for once more, and a second loss is the machine's.
            self.close()
            self._container = self._open()
            return judge(self._container, task, state, seconds=self._settings.seconds, order=order)

    def _restore(self, task: Task, texts: Mapping[str, str]) -> None:
        added = [path for path in texts if path not in self._sources]
        if self._container and not (task.hidden_files or added):
            self._container.put({path: self._sources[path].encode() for path in texts})
        else:
            self.close()

    def close(self) -> None:
        """End the container."""
        if self._container:
            self._container.close()
        self._container = None
