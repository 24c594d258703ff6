"""Whether a message may leave now: nothing passes a limit, and every wait names its reason and its end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_answers import Category
from nimbus.rules.send_gate import Never, SendFacts, Wait, counted_since, given_up, why_not
from nimbus.rules.send_state import BY_A_PERSON, SendKind

NOW = datetime(2026, 11, 12, 13, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FREE = SendFacts(
    now=NOW,
    timezone="Europe/Paris",
    inbox="ann@try-acme.co",
    kind=SendKind.CAMPAIGN,
    recipient="bob@example.net",
    removed=False,
    suppressed_for=None,
    is_active=True,
    connection_state=ConnectionState.OK,
    domain="try-acme.co",
    domain_pause_reason=None,
    last_used_day=date(2026, 11, 12),
    used_today=39,
    daily_limit=40,
    used_by_hour={},
    ceiling=450,
    cooldown_until=None,
    waits_for_owner=False,
)
FIVE_MINUTES_ON = NOW + timedelta(minutes=5)
# What stops a message, what is said, when it can pass, and whom it stops; in the order that is shown.
WAITS = [
    (
        {"is_active": False},
        "ann@try-acme.co was taken out of rotation by a user.",
        FIVE_MINUTES_ON,
        {SendKind.CAMPAIGN},
    ),
    (
        {"connection_state": ConnectionState.AUTH_FAILED},
        "ann@try-acme.co must be reconnected. The server refused the password.",
        FIVE_MINUTES_ON,
        set(SendKind),
    ),
    (
        {"domain_pause_reason": "DMARC alignment fails"},
        "try-acme.co is paused: DMARC alignment fails; all its inboxes wait.",
        FIVE_MINUTES_ON,
        {SendKind.CAMPAIGN, SendKind.WARMUP},
    ),
    (
        {"server_pause_reason": "8.8.8.8 is listed"},
        "ann@try-acme.co waits: 8.8.8.8 is listed.",
        FIVE_MINUTES_ON,
        {SendKind.CAMPAIGN, SendKind.WARMUP},
    ),
    (
        {"last_used_day": date(2026, 11, 13)},
        (
            "ann@try-acme.co has already sent on 13 Nov, and in Europe/Paris it is 12 Nov: it waits for that day, so that "
            "no day's limit is used twice."
        ),
        datetime(2026, 11, 12, 23, 0, tzinfo=UTC),
        {SendKind.CAMPAIGN, SendKind.WARMUP},
    ),
    (
        {"used_today": 40},
        "ann@try-acme.co has used 40 of 40 today; its limit is new at midnight Europe/Paris (in 9 h 50 min).",
        datetime(2026, 11, 12, 23, 0, tzinfo=UTC),
        {SendKind.CAMPAIGN, SendKind.WARMUP},
    ),
    (
        {
            "used_by_hour": {
                datetime(2026, 11, 11, 15, tzinfo=UTC): 50,
                datetime(2026, 11, 12, 9, tzinfo=UTC): 400,
            }
        },
        (
            "ann@try-acme.co has sent 450 messages in 24 hours, and 450 are as many as its provider lets it send; the next "
            "place is free in 2 h 50 min."
        ),
        datetime(2026, 11, 12, 16, 0, tzinfo=UTC),
        set(SendKind),
    ),
    (
        {"waits_for_owner": True},
        "ann@try-acme.co waits for an owner to look at its complaints.",
        NOW + timedelta(minutes=5),
        set(SendKind),
    ),
    (
        {"cooldown_until": NOW + 3 * HOUR},
        "ann@try-acme.co cools down until 17:10 on 12 Nov.",
        NOW + 3 * HOUR,
        set(SendKind),
    ),
]
HOURS = st.dictionaries(
    st.integers(-30, 3).map(lambda hours: NOW.replace(minute=0) + hours * HOUR),
    st.integers(0, 300),
    max_size=8,
)
ANY_FACTS = st.builds(
    replace,
    st.just(FREE),
    now=st.integers(-200, 200).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    timezone=st.sampled_from(["UTC", "Europe/Paris", "Pacific/Auckland", "America/Havana"]),
    kind=st.sampled_from(SendKind),
    removed=st.sampled_from([False, False, False, True]),
    suppressed_for=st.sampled_from([None, None, None, "opt_out"]),
    is_active=st.booleans(),
    connection_state=st.sampled_from([ConnectionState.OK] * 4 + list(ConnectionState)),
    domain_pause_reason=st.sampled_from([None, None, "Listed on a blocklist"]),
    last_used_day=st.none() | st.dates(date(2026, 11, 10), date(2026, 11, 14)),
    used_today=st.integers(0, 50),
    daily_limit=st.integers(0, 50),
    used_by_hour=HOURS,
    ceiling=st.integers(1, 500),
    cooldown_until=st.none() | st.integers(-2, 2).map(lambda hours: NOW + hours * HOUR),
)


def test_what_waited_for_three_days_is_given_up_with_what_it_waited_for():
    said = "It could not be sent within 3 days: x.test is paused. Send it again once that is settled."

    assert given_up("x.test is paused.") == Never(Category.EXPIRED, said)


@pytest.mark.parametrize("kind", SendKind)
def test_nothing_in_the_way_lets_every_kind_of_message_pass(kind):
    assert why_not(replace(FREE, kind=kind)) is None


@pytest.mark.parametrize("kind", SendKind)
@pytest.mark.parametrize(("cause", "said", "until", "stops"), WAITS)
def test_each_reason_stops_the_kinds_it_is_about_until_it_can_pass(cause, said, until, stops, kind):
    found = why_not(replace(FREE, kind=kind, **cause))

    assert found == (Wait(said, until, frozenset(stops)) if kind in stops else None)


@pytest.mark.parametrize("first", range(len(WAITS)))
def test_of_several_reasons_the_first_in_order_is_shown(first):
    causes = {}
    for cause, *_ in reversed(WAITS[first:]):
        causes |= cause

    assert why_not(replace(FREE, **causes)).sentence == WAITS[first][1]


@pytest.mark.parametrize("kind", SendKind)
def test_a_removed_inbox_sends_nothing_any_more(kind):
    found = why_not(replace(FREE, kind=kind, removed=True, suppressed_for="opt_out"))

    assert (type(found), found.category) == (Never, Category.ACCOUNT_REMOVED)


@pytest.mark.parametrize("kind", SendKind)
def test_nothing_leaves_for_a_suppressed_address(kind):
    found = why_not(replace(FREE, kind=kind, suppressed_for="opt_out"))

    assert found.category == Category.SUPPRESSED
    assert "bob@example.net" in found.sentence
    assert "no more mail" in found.sentence


@settings(max_examples=100, deadline=None)
@given(ANY_FACTS)
def test_a_final_reason_is_never_hidden_behind_one_that_passes(facts):
    is_final = facts.removed or facts.suppressed_for is not None

    assert isinstance(why_not(facts), Never) == is_final


@settings(max_examples=150, deadline=None)
@given(ANY_FACTS)
def test_what_passes_is_below_every_limit_that_is_about_it(facts):
    if why_not(facts) is not None:
        return
    last_24_h = sum(used for hour, used in facts.used_by_hour.items() if hour + HOUR > facts.now - DAY)
    assert last_24_h < facts.ceiling
    assert facts.connection_state == ConnectionState.OK
    assert facts.cooldown_until is None or facts.cooldown_until <= facts.now
    if facts.kind not in BY_A_PERSON:
        assert facts.used_today < facts.daily_limit
        assert facts.last_used_day is None or facts.last_used_day <= facts.day
        assert facts.domain_pause_reason is None


@settings(max_examples=150, deadline=None)
@given(ANY_FACTS)
def test_a_wait_ends_in_the_future_and_says_whom_it_stops(facts):
    found = why_not(facts)

    if isinstance(found, Wait):
        assert found.until > facts.now
        assert facts.kind in found.stops
        assert found.sentence.endswith(".")


@settings(max_examples=100, deadline=None)
@given(HOURS, st.integers(1, 500), st.integers(0, 59))
def test_the_ceiling_frees_a_place_at_the_hour_it_names_and_not_before(used_by_hour, ceiling, minute):
    facts = replace(FREE, now=NOW.replace(minute=minute), used_by_hour=used_by_hour, ceiling=ceiling)
    found = why_not(facts)

    if found is not None:
        assert why_not(replace(facts, now=found.until, last_used_day=None)) is None
        assert why_not(replace(facts, now=found.until - timedelta(seconds=1), last_used_day=None)) is not None


def test_an_hour_that_the_last_24_only_touch_counts_whole():
    assert counted_since(NOW) == datetime(2026, 11, 11, 13, 0, tzinfo=UTC)
    full = {datetime(2026, 11, 11, 13, tzinfo=UTC): 450}

    assert why_not(replace(FREE, used_by_hour=full)).until == datetime(2026, 11, 12, 14, 0, tzinfo=UTC)
    assert why_not(replace(FREE, used_by_hour=full, now=datetime(2026, 11, 12, 14, 0, tzinfo=UTC))) is None


@pytest.mark.parametrize(
    ("now", "timezone", "midnight"),
    [
        (datetime(2026, 3, 8, 12, tzinfo=UTC), "America/New_York", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        (datetime(2026, 11, 1, 12, tzinfo=UTC), "America/New_York", datetime(2026, 11, 2, 5, tzinfo=UTC)),
        (
            datetime(2026, 6, 30, 18, 29, tzinfo=UTC),
            "Asia/Kolkata",
            datetime(2026, 6, 30, 18, 30, tzinfo=UTC),
        ),
        # Midnight itself is skipped there: the new day begins at one o'clock.
        (datetime(2026, 3, 7, 12, tzinfo=UTC), "America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
    ],
)
def test_the_days_limit_is_new_at_the_workspaces_midnight_on_days_of_any_length(now, timezone, midnight):
    spent = replace(FREE, now=now, timezone=timezone, used_today=40, last_used_day=None)

    assert why_not(spent).until == midnight
    assert replace(spent, now=midnight).day == spent.day + DAY


@pytest.mark.parametrize(
    ("now", "timezone", "day"),
    [
        (datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC), "America/New_York", date(2026, 3, 7)),
        (datetime(2026, 3, 8, 5, tzinfo=UTC), "America/New_York", date(2026, 3, 8)),  # 23 hours long
        (datetime(2026, 11, 1, 4, tzinfo=UTC), "America/New_York", date(2026, 11, 1)),  # 25 hours long
        (datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC), "America/New_York", date(2026, 11, 1)),
        (datetime(2026, 11, 2, 5, tzinfo=UTC), "America/New_York", date(2026, 11, 2)),
        (datetime(2026, 6, 30, 18, 30, tzinfo=UTC), "Asia/Kolkata", date(2026, 7, 1)),
    ],
)
def test_a_send_counts_on_the_day_it_is_in_the_workspaces_zone(now, timezone, day):
    assert replace(FREE, now=now, timezone=timezone).day == day


def test_four_hundred_before_midnight_and_four_hundred_after_are_stopped_at_the_consumers_ceiling():
    midnight = datetime(2026, 11, 13, tzinfo=UTC)
    after = replace(
        FREE, now=midnight + HOUR, timezone="UTC", daily_limit=400, ceiling=450, last_used_day=None
    )
    evening = {midnight - HOUR: 400}

    def left(sent):
        return replace(after, used_today=sent, used_by_hour=evening | {midnight: sent})

    assert why_not(left(49)) is None
    assert why_not(left(50)).sentence.startswith("ann@try-acme.co has sent 450 messages in 24 hours")


def test_a_clock_set_back_by_a_day_gives_no_second_budget():
    yesterday = replace(FREE, now=NOW - DAY, used_today=0)

    assert why_not(yesterday).until == datetime(2026, 11, 11, 23, 0, tzinfo=UTC)
    assert why_not(replace(yesterday, kind=SendKind.MANUAL)) is None


def test_a_limit_of_nothing_stops_machines_and_no_person():
    nothing = replace(FREE, used_today=0, daily_limit=0)

    assert why_not(nothing).sentence.startswith("ann@try-acme.co has used 0 of 0 today")
    assert why_not(replace(nothing, kind=SendKind.TEST)) is None
