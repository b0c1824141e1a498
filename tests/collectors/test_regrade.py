"""Rewards given again from stored patches."""

import random

from collectors.judge import JudgeSettings, judge_patch
from collectors.mutations import mutations_of
from collectors.patches import unified_diff
from collectors.regrade import Graded, regrade
from tests.collectors.planted import BUGGY, CLEAN, PLANTED, SOURCES, open_sample

_SETTINGS = JudgeSettings(seconds=60)


def test_rewards_of_random_edits_are_the_same_again_from_the_stored_patch() -> None:
    drawn = random.Random(7)
    edits = [mutation.apply(BUGGY) for mutation in mutations_of(BUGGY, set(range(1, 40)))]
    texts = [CLEAN, *drawn.sample(edits, 5), f"{CLEAN}\n# \x0c and \r\n", CLEAN.rstrip()]
    patches = [unified_diff("ledger.py", BUGGY, text) for text in texts]
    verdicts = [judge_patch(open_sample, PLANTED, SOURCES, patch, _SETTINGS) for patch in patches]
    stored = [Graded(task=PLANTED, patch=p, reward=v.reward) for p, v in zip(patches, verdicts, strict=True)]
    assert {graded.reward for graded in stored} == {0.0, 1.0}
    assert all(again.equal for again in regrade(stored, open_sample, SOURCES, _SETTINGS))


def test_a_reward_that_was_not_earned_is_found() -> None:
    (again,) = regrade([Graded(task=PLANTED, patch="", reward=1.0)], open_sample, SOURCES, _SETTINGS)
    assert (again.equal, again.again) == (False, 0.0)
