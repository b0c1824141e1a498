"""The claims that the benchmarks make of measurements."""

import struct

from benchmarks.tracer.claims import Ratios, speed_claims, stream_claims
from benchmarks.tracer.measurement import UNTRACED, Cell, Times
from benchmarks.tracer.plan import COVERAGE, FLOORS, HUNTER, MONITORING, NATIVE, SETTRACE, plan_cells, program_workloads
from benchmarks.tracer.streams import Stream, read_stream


def _times(**seconds: float) -> dict[Cell, Times]:
    tools = {"bare": UNTRACED, "native": NATIVE, "coverage": COVERAGE, "floor": FLOORS[0]}
    found = {Cell(workload="a", tool=tools[n], short=False): Times(seconds=s) for n, s in seconds.items()}
    return found | {
        Cell(workload="a", tool=UNTRACED, short=True): Times(seconds=1.0),
        Cell(workload="a", tool=HUNTER, short=True, slow=True): Times(seconds=600.0),
    }


def test_a_short_run_is_compared_with_a_bare_run_as_short():
    ratios = Ratios("3.12", _times(bare=3.0, native=12.0, coverage=18.0, floor=6.0))
    assert ratios.ratio("a", HUNTER) == 600.0
    assert ratios.quotient("a", HUNTER, NATIVE) == 150.0


def test_claims_hold_at_the_bar_and_fail_beyond_it():
    claims = speed_claims(Ratios("3.13", _times(bare=3.0, native=12.0, coverage=11.9, floor=6.0)))
    held = {claim.claim.split(": ")[1]: claim.holds for claim in claims}
    assert held["native over coverage.py's C tracer"] is False
    assert held["native faster than hunter"] is True
    assert [claim.bar for claim in claims if "beside" in claim.claim] == ["stated"]


def test_a_tool_that_did_not_run_fails_its_claims_with_the_reason():
    times = _times(bare=3.0, coverage=11.9, floor=6.0)
    times[Cell(workload="a", tool=NATIVE, short=False)] = Times(reason="ImportError: no compiler")
    claims = speed_claims(Ratios("3.12", times))
    assert not any(claim.holds for claim in claims if "native" in claim.claim)
    assert "ImportError: no compiler" in {claim.value for claim in claims}


def test_the_header_does_not_count_into_a_streams_digest():
    events = struct.pack("<III5B", 3, 0, 0, 1, 1, 1, 1, 1) + bytes([0, 1, 1]) + bytes(9)

    def stream(header: bytes) -> Stream:
        blocks = [(b"H", header), (b"X", events)]
        return read_stream(b"WLTRACE2" + b"".join(letter + struct.pack("<I", len(b)) + b for letter, b in blocks))

    one, other = stream(b'{"engine":"native"}'), stream(b'{"engine":"settrace"}')
    assert one.digest == other.digest and one.size != other.size
    assert (one.events, one.lines) == (3, 2)


def test_unequal_streams_fail_and_bytes_are_counted_on_the_first_workload():
    same = Stream(digest="x", events=10, lines=8, size=110)
    claims = stream_claims("3.12", "a", {SETTRACE: same, MONITORING: same, NATIVE: Stream(digest="y", events=10)})
    assert [claim.holds for claim in claims] == [False, True]
    assert claims[1].value == "11.00"


def test_every_tool_has_a_bare_run_of_its_size():
    cells = plan_cells(program_workloads(), quick=False)
    bare = {(cell.workload, cell.short) for cell in cells if cell.tool == UNTRACED}
    assert {(cell.workload, cell.short) for cell in cells} == bare
