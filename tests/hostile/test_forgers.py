"""The kit of forgers on a planted task: nothing of it is rewarded, most of it is flagged, and weaker judges fall for it."""

from functools import cache

import pytest

from collectors.forgers.kit import Cheat, kit
from collectors.forgers.play import play_cheat
from collectors.judge import JudgeSettings, Verdict
from tests.collectors.planted import PLANTED, SOURCES, open_sample
from tests.hostile.weak_judges import by_exit_code, by_outcomes, by_outcomes_and_canaries

CHEATS = {cheat.name: cheat for cheat in kit()}
_NETS_OF_RUNS = JudgeSettings(machinery=False, seconds=60)


@cache
def _verdict(name: str) -> Verdict:
    return play_cheat(CHEATS[name], PLANTED, open_sample, SOURCES, JudgeSettings(seconds=60))


def test_the_kit_has_at_least_forty_cheats_of_different_names() -> None:
    assert len(CHEATS) == len(kit()) >= 40


def test_a_cheat_of_an_unknown_place_is_refused() -> None:
    with pytest.raises(ValueError, match="'middle'"):
        Cheat(name="x", place="middle", text="")


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_is_rewarded(name: str) -> None:
    verdict = _verdict(name)
    assert (verdict.reward, verdict.valid) == (0.0, True)
    # What leaves no trace is not to be flagged: a flag there would be one on honest work too.
    assert not (CHEATS[name].silent and verdict.tamper)


@pytest.mark.slow
def test_nine_of_ten_cheats_that_can_be_seen_are_flagged() -> None:
    seen = [name for name, cheat in CHEATS.items() if not cheat.silent]
    assert sum(_verdict(name).tamper for name in seen) >= 0.9 * len(seen)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, cheat in CHEATS.items() if cheat.place != "shell"])
def test_no_cheat_in_the_source_is_rewarded_without_the_search_for_words(name: str) -> None:
    assert play_cheat(CHEATS[name], PLANTED, open_sample, SOURCES, _NETS_OF_RUNS).reward == 0.0


@pytest.mark.slow
def test_weaker_judges_fall_for_many_cheats() -> None:
    in_source = {name: cheat for name, cheat in CHEATS.items() if cheat.place != "shell"}
    fooled = {
        judge.__name__: {name for name, cheat in cheats.items() if judge(cheat, PLANTED, open_sample, SOURCES)}
        for judge, cheats in ((by_exit_code, CHEATS), (by_outcomes, in_source), (by_outcomes_and_canaries, in_source))
    }
    assert len(fooled["by_exit_code"]) >= 25
    assert len(fooled["by_outcomes"]) >= 10
    assert len(fooled["by_outcomes_and_canaries"]) >= 3
    assert fooled["by_outcomes_and_canaries"] <= fooled["by_outcomes"]
