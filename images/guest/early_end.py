"""A pytest plugin that ends a run of which it is known that too few of its tests pass.

It runs inside foreign images, beside outcomes.py, whose channel it uses: ["stopped", why]. WORLDLINE_SHARE is the share of
tests that has to pass. Known means: more have failed than may; or, since a suite that lacks its server may wait a second
for each of thousands of tests, so many of a sample drawn from what is left fail that the share is out of reach by three
standard deviations. The sample is drawn only when far too much of what ran before has failed; it runs in the suite's own
order, and then the others do, should it turn out well.
"""

import hashlib
import os

import pytest

_SAMPLE = 100
_SUSPICIOUS = 50


class _Tally:
    def __init__(self):
        self.share = float(os.environ["WORLDLINE_SHARE"])
        self.at = -1
        self.passed = 0
        self.failed = 0
        self.unjudged = 0
        self.sample = None
        self.sampled = [0, 0]

    def count(self, item, outcome):
        self.at += 1
        good = outcome in ("passed", "xpassed")
        if outcome in ("skipped", "xfailed"):
            self.unjudged += 1
        else:
            self.passed += outcome == "passed"
            self.failed += not good
        if self.sample and item.nodeid in self.sample:
            self.sample.discard(item.nodeid)
            if outcome not in ("skipped", "xfailed"):
                self.sampled[good] += 1

    def verdict(self, items):
        if self.failed > (1 - self.share) * (len(items) - self.unjudged) + 1e-6:
            return "more tests have failed than may"
        if self.sample is not None and not self.sample:
            self.sample = None
            bad, good = self.sampled
            share = good / max(1, bad + good)
            if share + 3 * (share * (1 - share) / max(1, bad + good)) ** 0.5 < self.share:
                return "of %d tests drawn at random %d pass" % (bad + good, good)
        return ""

    def draw(self, items):
        """Move a sample of what is left to the front of it; the very next test stays, since pytest has it in hand."""
        start = self.at + 2
        if self.sampled != [0, 0] or self.sample or len(items) - start < 3 * _SAMPLE:
            return
        if self.failed < _SUSPICIOUS or self.failed < 1.5 * (1 - self.share) * (self.failed + self.passed):
            return
        rest = items[start:]
        drawn = sorted(rest, key=lambda item: hashlib.sha256(item.nodeid.encode("utf-8", "surrogatepass")).digest())
        self.sample = {item.nodeid for item in drawn[:_SAMPLE]}
        items[start:] = [i for i in rest if i.nodeid in self.sample] + [i for i in rest if i.nodeid not in self.sample]


_tally = _Tally()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item, nextitem):
    yield
    channel, session = item.config._worldline, item.session
    outcome = channel.outcomes.get(item.nodeid, ("skipped", ""))[0]
    _tally.count(item, outcome)
    if _tally.at >= len(session.items) or session.items[_tally.at] is not item:
        return  # a loop of another plugin, in another order
    why = _tally.verdict(session.items)
    if why and not session.shouldstop:
        channel.write("stopped", why)
        session.shouldstop = "too few tests pass: " + why
    _tally.draw(session.items)
