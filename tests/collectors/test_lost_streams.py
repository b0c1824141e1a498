"""What becomes of a stream whose blocks cannot be written: the program goes on, and is told what is its own."""

import json
import subprocess

import pytest

from tests.interpreters import interpreters
from tests.played import GUEST, VERSIONS, engines, extension

# Prints, for each way in which the fourth write and all later ones fail, what five calls gave and what is said of the stream.
_PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
from worldline_engines import make_hook

def main(many):
    total = 0
    for number in range(many):
        total += number
    return total

def play(fail):
    calls, ends = [], []

    def write(block):
        calls.append(block)
        return fail(block) if len(calls) >= 4 else len(block)

    shown = lambda code: code is main.__code__
    hook = make_hook(write, lambda code: {"id": 1}, shown, engine=sys.argv[3], native=sys.argv[2])
    hook.install()
    for _ in range(5):
        try:
            ends.append(main(4))
        except BaseException as error:
            ends.append(repr(error))
    hook.remove()
    return [sorted(map(str, ends)), len(calls), hook.rules.outlet.lost]

def interrupt(block):
    raise KeyboardInterrupt("by hand")

def refuse(block):
    raise OSError(28, "No space left")

def close(block):
    raise ValueError("write to closed file")

print(json.dumps([play(fail) for fail in (len, lambda block: None, lambda block: -1, refuse, close, interrupt)]))
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_written_after_a_block_that_was_lost(version: str) -> None:
    for engine in engines(version):
        command = [interpreters()[version], "-c", _PROGRAM, GUEST, extension(version), engine]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        whole, unsaid, *failed, interrupted = json.loads(done.stdout)
        sums = ["6"] * 5
        assert whole[0] == unsaid[0] == sums
        assert whole[1:] == unsaid[1:]
        assert [(ends, calls) for ends, calls, _ in failed] == [(sums, 4)] * 3, engine
        short, refused, closed = [lost for _, _, lost in failed]
        assert short.startswith("-1 of ")
        assert refused == "OSError: [Errno 28] No space left"
        assert closed == "ValueError: write to closed file"
        assert interrupted == [[*sums[1:], "KeyboardInterrupt('by hand')"], 4, "KeyboardInterrupt: by hand"], engine
