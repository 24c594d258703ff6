"""The ladders of the cooldowns, and what warmup does meanwhile."""

from datetime import timedelta

import pytest

from nimbus.rules.cooldown_kinds import HEALTH, LADDERS, CooldownKind, WarmupMeanwhile

HOURS = {
    CooldownKind.BOUNCE_BURST: [24, 48, 96, 168, 168],
    CooldownKind.COMPLAINT: [24, 72, 168, 168],
    CooldownKind.THROTTLE: [0.25, 1, 4, 16, 24, 24],
    CooldownKind.PROVIDER_DAILY_LIMIT: [24, 24, 24],
    CooldownKind.REPUTATION_BLOCK: [48, 96, 168, 168],
    CooldownKind.PLACEMENT_DROP: [72, 144, 168, 168],
    CooldownKind.CONNECTION: [1 / 12, 0.25, 0.75, 2.25, 6, 6],
}


@pytest.mark.parametrize(("kind", "hours"), HOURS.items())
def test_a_cooldown_grows_with_each_repeat_up_to_its_longest(kind, hours):
    found = [LADDERS[kind].duration(repeats) for repeats in range(len(hours))]

    assert found == [timedelta(hours=length) for length in hours]


def test_every_kind_but_a_persons_has_a_ladder_and_every_kind_has_words():
    assert set(LADDERS) == set(CooldownKind) - {CooldownKind.MANUAL}
    assert len({kind.in_words for kind in CooldownKind}) == len(CooldownKind)


@pytest.mark.parametrize(
    ("kind", "warmup"),
    [
        (CooldownKind.BOUNCE_BURST, WarmupMeanwhile.GOES_ON),
        (CooldownKind.COMPLAINT, WarmupMeanwhile.GOES_ON),
        (CooldownKind.THROTTLE, WarmupMeanwhile.STOPS),
        (CooldownKind.PROVIDER_DAILY_LIMIT, WarmupMeanwhile.STOPS),
        (CooldownKind.REPUTATION_BLOCK, WarmupMeanwhile.HALVED),
        (CooldownKind.PLACEMENT_DROP, WarmupMeanwhile.GOES_ON),
        (CooldownKind.CONNECTION, WarmupMeanwhile.STOPS),
    ],
)
def test_warmup_goes_on_where_it_does_no_harm(kind, warmup):
    assert LADDERS[kind].warmup is warmup


def test_four_kinds_are_about_the_inboxs_standing():
    assert sorted(HEALTH) == ["bounce_burst", "complaint", "placement_drop", "reputation_block"]
