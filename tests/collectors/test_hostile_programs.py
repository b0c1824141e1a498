"""Programs that fight the tracer: what is kept of one is its whole run, and everything else is dropped with its reason."""

from collections.abc import Iterator

import pytest

from collectors.native_engine import FILE, MOUNT, native_for_base
from collectors.program_tracing import ProgramSettings, ProgramTrace, ProgramTracer
from collectors.programs_file import Program, ProgramTest
from images.base_image import base_name
from images.container_limits import ContainerLimits
from images.docker_container import DockerContainer
from images.engine import Engine
from images.local_container import LocalContainer
from tests.collectors.hostile_programs import PROGRAMS
from trajectories.trace_table import traces_of

pytestmark = pytest.mark.slow
_SETTINGS = ProgramSettings(seconds=0.5, line_events=1000, size=100_000)
_REASONS = ("took too long", "died", "the recording ended early: ", "printed something else", "over ")
# With the lines of its frame untraced, a program is left without them by CPython, and the C engine does not look.
_NOT_SEEN = {"native": {"untraces its frame"}, "settrace": set()}


def _tracer(container: LocalContainer | DockerContainer, native: str | None) -> ProgramTracer:
    return ProgramTracer(container, _SETTINGS, lambda trace: len(repr(trace)), seed=0, native=native)


@pytest.fixture(params=["settrace", pytest.param("native", marks=pytest.mark.docker)])
def traced(request: pytest.FixtureRequest) -> Iterator[tuple[str, dict[str, ProgramTrace]]]:
    """Give the engine and what it made of each program."""
    test = (ProgramTest(stdin="", expected="end"),)
    programs = [Program(id=name, problem=name, text=text, tests=test) for name, text in PROGRAMS.items()]
    if request.param == "settrace":
        with LocalContainer() as local:
            made = _tracer(local, None).trace(programs)
    else:
        engine: Engine = request.getfixturevalue("engine")
        compiled = native_for_base(engine, "3.11")
        limits = ContainerLimits(memory_bytes=1 << 30, processes=64)
        with DockerContainer(engine, base_name("3.11"), mounts={str(compiled): MOUNT}, limits=limits) as container:
            made = _tracer(container, f"{MOUNT}/{FILE}").trace(programs)
    yield request.param, {one.run.program.id: one for one in made}


def test_a_hostile_program_is_traced_whole_or_dropped_with_its_reason(
    traced: tuple[str, dict[str, ProgramTrace]],
) -> None:
    engine, made = traced
    assert len(PROGRAMS) >= 20
    assert made.keys() == PROGRAMS.keys()
    dropped = {name: one.reason for name, one in made.items() if one.columns is None}
    assert {name: reason for name, reason in dropped.items() if not reason.startswith(_REASONS)} == {}
    assert {name for name, one in made.items() if one.columns and not _whole(one)} <= _NOT_SEEN[engine]
    assert len(dropped) >= 12


def _whole(made: ProgramTrace) -> bool:
    """Say whether the trace goes on to the program's last line, or to the exception that ends it, and is within bounds."""
    assert made.columns is not None
    [(trace, _)] = traces_of(made.columns)
    text = PROGRAMS[made.run.program.id].splitlines()
    last = next(number for number, line in enumerate(text, 1) if "SystemExit(0)" in line or line.startswith("print"))
    shown = [frame.line_number for frame in trace.frames if frame.function == "<module>"]
    return trace.cut is None and last in shown and len(trace.frames) <= 4 * _SETTINGS.line_events
