"""BuildLog: all that one attempt of a build ran and what it said; a step that fails is a `BuildFailed` with its class."""

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from images.build_clock import BuildClock
from images.container import Completed, Container
from images.errors import BuildFailed
from images.failure_classes import classify
from images.host_pip import without_credentials

_KEPT = 20_000


class BuildLog:
    """Collects the text of one attempt; `seconds` bounds each step, the clock all of them together."""

    def __init__(self, recipe: str, clock: BuildClock, *, seconds: float) -> None:
        self.recipe = recipe
        self.clock = clock
        self._seconds = seconds
        self._parts: list[str] = []
        self._stages: dict[str, float] = {}

    @property
    def text(self) -> str:
        """Return the log; its last line says how many seconds each stage took, containers and images included."""
        stages = ", ".join(f"{name} {seconds:.2f}" for name, seconds in self._stages.items())
        return "".join([*self._parts, f"# seconds by stage: {stages}\n" if stages else ""])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside as that of the stage."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._stages[name] = self._stages.get(name, 0.0) + time.monotonic() - began

    def say(self, line: str) -> None:
        """Add what is no command's output."""
        self._parts.append("".join(f"# {part}\n" for part in without_credentials(line).splitlines()))

    def run(self, container: Container, stage: str, command: Sequence[str], *, env: Mapping[str, str]) -> Completed:
        """Run the command; raise `BuildFailed`, sorted by what it said, when it does not end well."""
        done = container.run(command, env=env, timeout_s=self.clock.bound(self._seconds))
        self.add(stage, command, done)
        if done.exit_code:
            text = without_credentials(done.text)
            reason = "timeout" if done.timed_out else classify(text, stage=stage)
            raise BuildFailed(reason, f"{stage} failed: {_last(text)}", text, stage=stage)
        return done

    def add(self, stage: str, command: Sequence[str], done: Completed) -> None:
        """Add a command that has run."""
        said = without_credentials(done.text)
        cut = said if len(said) <= _KEPT else f"{said[: _KEPT // 2]}\n[...]\n{said[-_KEPT // 2 :]}"
        head = f"# {stage}: exit code {done.exit_code} after {done.seconds:.1f} s"
        # A script of ours stands in the sources: its first words say which.
        shown = shlex.join(word if len(word) < 200 else f"{word[:80]}..." for word in command)
        self._parts.append(f"{head}\n$ {shown}\n{cut.rstrip()}\n\n")


def _last(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " ".join(lines[-6:])[-400:] if lines else "it said nothing"
