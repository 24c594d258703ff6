"""When tokens are renewed: early enough, not all at once, and after a failure less and less often."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.oauth_renewal import renewal_at, retry_at

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
chances = st.floats(0, 1)


@given(chances)
def test_an_hours_token_is_renewed_fifteen_to_five_minutes_before_its_end(chance):
    early = NOW + timedelta(hours=1) - renewal_at(NOW, timedelta(hours=1), chance=chance)

    assert timedelta(minutes=5) <= early <= timedelta(minutes=15)


@given(st.integers(60, 86_400), chances)
def test_every_token_is_renewed_in_the_second_half_of_its_life(seconds, chance):
    lasts = timedelta(seconds=seconds)

    assert lasts / 2 <= renewal_at(NOW, lasts, chance=chance) - NOW < lasts


@given(st.integers(1, 10_000), chances)
def test_pauses_after_failures_grow_from_fifteen_seconds_to_ten_minutes(refusals, chance):
    pause = retry_at(NOW, refusals, chance=chance) - NOW

    assert timedelta(seconds=15) <= pause <= timedelta(minutes=12, seconds=30)
    assert pause <= 2.5 * (retry_at(NOW, max(refusals - 1, 1), chance=0) - NOW)
    assert refusals < 7 or pause >= timedelta(minutes=10)


def test_chance_makes_a_pause_up_to_a_quarter_longer():
    assert [(retry_at(NOW, 1, chance=chance) - NOW).total_seconds() for chance in (0, 1)] == [15, 18.75]
