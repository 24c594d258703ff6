"""One word, one reason, one action: the first line that holds wins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.campaign_types import Restriction
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_status import WORDS, Action, InboxFacts, StatusKey, judge_status
from nimbus.rules.providers import ConnectionState

NOW = datetime(2026, 11, 12, 13, 10, tzinfo=UTC)
READY = InboxFacts(
    now=NOW,
    timezone="Europe/Paris",
    connection_state=ConnectionState.OK,
    sending_problem=None,
    replies_problem=None,
    domain_name="try-acme.co",
    domain_pause_reason=None,
    is_active=True,
    is_active_changed_at=None,
    is_active_changed_by=None,
    cooldown_until=None,
    cooldown_kind=CooldownKind.BOUNCE_BURST,
    waits_for_owner=False,
    hold_state=HoldState.NONE,
    rates="Bounces 4.1 % (9 of 220), limit 5 %",
    sent_today=0,
    todays_limit=40,
    current_stage=5,
    score=92,
    restriction=Restriction.ANY,
)
# What brings an inbox into each state, worst first.
CAUSES = {
    StatusKey.NEEDS_ATTENTION: {"connection_state": ConnectionState.AUTH_REVOKED},
    StatusKey.DOMAIN_PAUSED: {"domain_pause_reason": "DMARC alignment fails"},
    StatusKey.SERVER_LISTED: {"server_pause_reason": "8.8.8.8 is listed on Spamhaus ZEN"},
    StatusKey.OUT_OF_ROTATION: {
        "is_active": False,
        "is_active_changed_at": datetime(2026, 11, 11, 23, 30, tzinfo=UTC),
        "is_active_changed_by": "Dana",
    },
    StatusKey.COOLDOWN: {"cooldown_until": NOW + timedelta(hours=3, minutes=10)},
    StatusKey.WARMUP_PAUSED: {"hold_state": HoldState.HELD},
    StatusKey.REPLIES_NOT_SYNCING: {"replies_problem": "Folder “INBOX.Eingang” not found"},
    StatusKey.DONE_FOR_TODAY: {"sent_today": 40},
    StatusKey.WARMING: {"current_stage": 1},
    StatusKey.NURTURE_ONLY: {"current_stage": 2},
    StatusKey.READY: {},
}
LOOKS = [
    (
        StatusKey.NEEDS_ATTENTION,
        "Needs attention",
        "bad",
        "circle-x",
        Action.RECONNECT,
        "The sign-in was revoked",
    ),
    (
        StatusKey.DOMAIN_PAUSED,
        "Domain paused",
        "bad",
        "globe",
        Action.OPEN_DOMAIN,
        "DMARC alignment fails on try-acme.co",
    ),
    (
        StatusKey.SERVER_LISTED,
        "Server listed",
        "bad",
        "globe",
        Action.OPEN_DOMAIN,
        "8.8.8.8 is listed on Spamhaus ZEN",
    ),
    (
        StatusKey.OUT_OF_ROTATION,
        "Out of rotation",
        "plain",
        "circle-pause",
        Action.PUT_BACK,
        "by Dana, 12 Nov",
    ),
    (
        StatusKey.COOLDOWN,
        "Cooldown",
        "warn",
        "snowflake",
        Action.OPEN,
        "After a bounce burst: 3 h 10 min left (17:20)",
    ),
    (
        StatusKey.WARMUP_PAUSED,
        "Warmup paused",
        "warn",
        "flame",
        Action.SEE_CAUSE,
        "Bounces 4.1 % (9 of 220), limit 5 %",
    ),
    (
        StatusKey.REPLIES_NOT_SYNCING,
        "Replies not syncing",
        "warn",
        "inbox",
        Action.CHOOSE_FOLDER,
        "Folder “INBOX.Eingang” not found",
    ),
    (
        StatusKey.DONE_FOR_TODAY,
        "Done for today",
        "info",
        "clock",
        None,
        "40 of 40, resets 00:00 Europe/Paris",
    ),
    (StatusKey.WARMING, "Warming", "info", "flame", None, "Stage 1; nurture from 2, cold from 3"),
    (StatusKey.NURTURE_ONLY, "Nurture only", "info", "shield", None, "Stage 2; cold from 3"),
    (StatusKey.READY, "Ready", "ok", "circle-check", None, "Sends cold and nurture"),
]
ANY_FACTS = st.builds(
    InboxFacts,
    now=st.just(NOW),
    timezone=st.sampled_from(["UTC", "Europe/Paris", "Pacific/Auckland"]),
    connection_state=st.sampled_from(ConnectionState),
    sending_problem=st.sampled_from([None, "Connection refused"]),
    replies_problem=st.sampled_from([None, "Authentication failed"]),
    domain_name=st.just("try-acme.co"),
    domain_pause_reason=st.sampled_from([None, "Listed on a blocklist"]),
    server_pause_reason=st.sampled_from([None, "8.8.8.8 is listed"]),
    is_active=st.booleans(),
    is_active_changed_at=st.sampled_from([None, NOW]),
    is_active_changed_by=st.sampled_from([None, "Dana"]),
    cooldown_until=st.none() | st.integers(-2, 2).map(lambda hours: NOW + timedelta(hours=hours)),
    cooldown_kind=st.none() | st.sampled_from(CooldownKind),
    waits_for_owner=st.booleans(),
    hold_state=st.sampled_from(HoldState),
    rates=st.just("Bounces 4.1 % (9 of 220), limit 5 %"),
    sent_today=st.integers(0, 50),
    todays_limit=st.integers(0, 50),
    current_stage=st.integers(0, 5),
    score=st.none() | st.integers(0, 100),
    restriction=st.sampled_from(Restriction),
)


def facts(*keys):
    """An inbox with these states' causes; where two set the same fact, the worse one's counts."""
    changes = {}
    for key in sorted(keys, key=list(StatusKey).index, reverse=True):
        changes |= CAUSES[key]
    return replace(READY, **changes)


@pytest.mark.parametrize(("key", "word", "tone", "icon", "action", "reason"), LOOKS)
def test_each_state_has_its_word_reason_and_action(key, word, tone, icon, action, reason):
    status = judge_status(facts(key))

    assert (status.key, status.word, status.tone, status.icon) == (key, word, tone, icon)
    assert (status.reason, status.action) == (reason, action)


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (69, "Health 69; campaigns ask for 70 unless they say otherwise"),
        (70, "Sends cold and nurture"),
        (None, "Sends cold and nurture"),
    ],
)
def test_an_inbox_that_is_ready_says_so_where_its_health_is_below_the_usual_floor(score, reason):
    assert judge_status(replace(READY, score=score)).reason == reason


@pytest.mark.parametrize("key", StatusKey)
def test_each_state_wins_over_every_later_one(key):
    order = list(StatusKey)

    assert judge_status(facts(*order[order.index(key) :])).key == key


def test_the_order_is_worst_first_and_every_state_has_words():
    assert list(StatusKey) == list(CAUSES) == list(WORDS)


@settings(max_examples=50, deadline=None)
@given(ANY_FACTS)
def test_every_inbox_has_exactly_one_state_with_a_reason(any_facts):
    status = judge_status(any_facts)

    assert (status.word, status.tone, status.icon) == WORDS[status.key]
    assert status.reason
    worse = list(StatusKey)[: list(StatusKey).index(status.key)]
    healed = replace(
        any_facts,
        **{name: getattr(READY, name) for key in worse for name in CAUSES[key] if name != "current_stage"},
    )
    assert judge_status(healed).key == status.key


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (ConnectionState.AUTH_FAILED, "The server refused the password"),
        (ConnectionState.AUTH_REVOKED, "The sign-in was revoked"),
        (ConnectionState.SUSPENDED, "The provider suspended this mailbox"),
        (ConnectionState.DISCONNECTED, "Sending does not work"),
    ],
)
def test_a_lost_connection_says_which_and_why(state, sentence):
    lost = replace(READY, connection_state=state)

    assert judge_status(lost).reason == sentence
    because = judge_status(replace(lost, sending_problem="Connection refused")).reason
    assert because == f"{sentence}: Connection refused"


def test_a_problem_of_sending_alone_changes_nothing_while_the_connection_counts_as_good():
    assert judge_status(replace(READY, sending_problem="Timed out yesterday")).key == StatusKey.READY


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_active_changed_by": None}, "switched off, 12 Nov"),
        ({"is_active_changed_at": None}, "by Dana"),
        ({"is_active_changed_at": None, "is_active_changed_by": None}, "switched off"),
        ({"timezone": "America/New_York"}, "by Dana, 11 Nov"),
    ],
)
def test_out_of_rotation_tells_what_is_known_of_the_switch(changes, reason):
    assert judge_status(replace(facts(StatusKey.OUT_OF_ROTATION), **changes)).reason == reason


@pytest.mark.parametrize("ended", [NOW, NOW - timedelta(hours=1)])
def test_a_cooldown_that_has_ended_holds_nothing(ended):
    assert judge_status(replace(READY, cooldown_until=ended)).key == StatusKey.READY


@pytest.mark.parametrize(("sent", "key"), [(39, "ready"), (40, "done_for_today"), (41, "done_for_today")])
def test_the_day_is_done_when_the_limit_is_reached(sent, key):
    assert judge_status(replace(READY, sent_today=sent)).key == key


@pytest.mark.parametrize(
    ("stage", "key"),
    [(0, "warming"), (1, "warming"), (2, "nurture_only"), (3, "ready"), (4, "ready"), (5, "ready")],
)
def test_cold_outreach_is_ready_from_stage_three(stage, key):
    assert judge_status(replace(READY, current_stage=stage)).key == key


@pytest.mark.parametrize(
    ("restriction", "reason"),
    [
        (Restriction.COLD_OUTREACH, "Reserved for cold outreach"),
        (Restriction.NURTURE, "Reserved for nurture"),
    ],
)
def test_a_ready_inbox_says_what_it_is_reserved_for(restriction, reason):
    assert judge_status(replace(READY, restriction=restriction)).reason == reason
