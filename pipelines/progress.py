"""Progress: a live bar per stage in a terminal, plain lines elsewhere."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Progress:
    """Counts units by stage; use `with` around the work."""

    def __init__(self) -> None:
        self._console = Console()
        columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=self._console, disable=not self._console.is_terminal)
        self._stages: dict[str, tuple[int, int]] = {}
        self._ids: dict[str, int] = {}

    def __enter__(self) -> "Progress":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def expect(self, stage: str) -> None:
        """Count one more unit that will be done."""
        done, total = self._stages.get(stage, (0, 0))
        self._stages[stage] = (done, total + 1)
        if stage not in self._ids:
            self._ids[stage] = self._bars.add_task(stage, total=0)
        self._bars.update(self._ids[stage], total=total + 1)  # type: ignore[arg-type]

    def done(self, stage: str, name: str, said: str, seconds: float) -> None:
        """Count a unit as done and say how it went."""
        done, total = self._stages[stage]
        self._stages[stage] = (done + 1, total)
        self._bars.advance(self._ids[stage])  # type: ignore[arg-type]
        self._console.print(
            f"{stage} {done + 1}/{total}  {name}: {said} ({seconds:.1f} s)", highlight=False, markup=False
        )
