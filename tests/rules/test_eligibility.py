"""Whether an inbox may carry a campaign: the vectors of the model, the order of the checks, and what each says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.campaign_types import CampaignType, Restriction
from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.eligibility import Candidate, Code, Wanted, check, first_failing
from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_gate import SendFacts, Wait, why_not
from nimbus.rules.send_state import SendKind

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
COLD, NURTURE = Wanted(CampaignType.COLD_OUTREACH), Wanted(CampaignType.NURTURE)
AVA = Candidate(
    now=NOW,
    timezone="Europe/Paris",
    inbox="ava@acme.test",
    restriction=Restriction.ANY,
    is_active=True,
    connection_state=ConnectionState.OK,
    domain="acme.test",
    domain_pause_reason=None,
    score=92,
    sent_today=10,
    todays_limit=50,
    resets_at=NOW + timedelta(hours=11),
    sent_in_24_hours=10,
    provider_cap=450,
    warmup_hold=0,
    stage=5,
    stage_sentence=None,
    cooldown_until=None,
    cooldown_kind=None,
    waits_for_owner=False,
    next_slot_at=None,
)
LATER = NOW + timedelta(hours=3, minutes=10)
BURST = {"cooldown_until": LATER, "cooldown_kind": CooldownKind.BOUNCE_BURST}
# What differs, the reason, and the sentence: the inboxes f to o of `deliverability.md` 8.2, and those beside them.
REFUSED = [
    ({"score": 68}, Code.BELOW_SCORE, "ava@acme.test scores 68, the campaign needs 70."),
    ({"is_active": False}, Code.INACTIVE, "ava@acme.test was taken out of rotation by a user."),
    (
        {"stage": 2, "stage_sentence": "Stage 3 needs 200 warmup sends, has 90."},
        Code.STAGE_TOO_LOW,
        "ava@acme.test is at stage 2; cold outreach needs 3. Stage 3 needs 200 warmup sends, has 90.",
    ),
    (BURST, Code.COOLDOWN, "ava@acme.test cools down until 16:10 on 2 Mar: a bounce burst."),
    (
        {"waits_for_owner": True},
        Code.COOLDOWN,
        "ava@acme.test waits for an owner to look at its complaints.",
    ),
    (
        {"sent_today": 50},
        Code.BUDGET_SPENT,
        "ava@acme.test has used 50 of 50 today; resets at midnight Europe/Paris (in 11 h).",
    ),
    (
        {"sent_in_24_hours": 450},
        Code.BUDGET_SPENT,
        "ava@acme.test has sent 450 messages in 24 hours, and its provider's ceiling is 450.",
    ),
    (
        {"restriction": Restriction.NURTURE},
        Code.RESTRICTED,
        "ava@acme.test is reserved for nurture; this is a cold outreach campaign.",
    ),
    (
        {"connection_state": ConnectionState.AUTH_REVOKED},
        Code.NOT_CONNECTED,
        "ava@acme.test must be reconnected: The sign-in was revoked.",
    ),
    (
        {"domain_pause_reason": "DMARC fails"},
        Code.DOMAIN_PAUSED,
        "acme.test is paused: DMARC fails; all its inboxes wait.",
    ),
    (
        {"server_pause_reason": "8.8.8.8 is listed"},
        Code.DOMAIN_PAUSED,
        "ava@acme.test waits: 8.8.8.8 is listed.",
    ),
    (
        {"sent_today": 42, "warmup_hold": 8},
        Code.BUDGET_HELD_FOR_WARMUP,
        "ava@acme.test keeps its last 8 sends for warmup.",
    ),
    (
        {"next_slot_at": NOW + timedelta(minutes=3)},
        Code.PACING,
        "ava@acme.test sends again from 13:03 on 2 Mar on (spacing).",
    ),
]
ELIGIBLE = [
    {},
    {"score": 97, "sent_today": 25},
    {"score": 71, "sent_today": 49},
    {"score": 70, "stage": 3},
    {"score": None},  # nothing is known of it: just acceptable
    {"sent_in_24_hours": 449},
    {"sent_today": 41, "warmup_hold": 8},
    {"cooldown_until": NOW, "next_slot_at": NOW},
]


@pytest.mark.parametrize("differs", ELIGIBLE)
def test_an_inbox_that_passes_every_check_is_eligible(differs):
    checks = check(replace(AVA, **differs), COLD)

    assert first_failing(checks) is None
    assert [each.code for each in checks] == list(Code)


@pytest.mark.parametrize(("differs", "code", "sentence"), REFUSED)
def test_one_that_does_not_says_why(differs, code, sentence):
    failing = [each for each in check(replace(AVA, **differs), COLD) if not each.passes]

    assert [(each.code, each.sentence) for each in failing] == [(code, sentence)]


def test_of_several_reasons_the_first_in_the_order_of_the_model_is_told():
    everything = {}
    for differs, _, _ in REFUSED:
        everything |= differs
    checks = check(replace(AVA, **everything), COLD)

    assert [each.code for each in checks if not each.passes] == list(Code)
    assert first_failing(checks).code is Code.RESTRICTED


def test_nurture_takes_what_is_reserved_for_it_and_stage_two():
    h, k = replace(AVA, stage=2), replace(AVA, restriction=Restriction.NURTURE)

    assert [first_failing(check(each, NURTURE)) for each in (h, k)] == [None, None]
    assert first_failing(check(replace(AVA, stage=1), NURTURE)).code is Code.STAGE_TOO_LOW
    assert (
        first_failing(check(replace(AVA, restriction=Restriction.COLD_OUTREACH), NURTURE)).code
        is Code.RESTRICTED
    )


@pytest.mark.parametrize(("floor", "passes"), [(92, True), (93, False), (0, True)])
def test_a_campaign_may_ask_for_a_floor_of_its_own(floor, passes):
    found = {each.code: each for each in check(AVA, Wanted(CampaignType.COLD_OUTREACH, floor))}[
        Code.BELOW_SCORE
    ]

    assert (found.passes, found.has, found.asks) == (passes, "92", f"from {floor}")


def test_each_check_tells_what_the_inbox_has():
    assert [each.has for each in check(replace(AVA, **BURST), COLD)] == [
        "any campaign",
        "in rotation",
        "connected",
        "not paused",
        "92",
        "10 of 50 today, 10 of 450 in 24 hours",
        "0 of the 40 left",
        "stage 5",
        "until 16:10 on 2 Mar",
        "free now",
    ]


@pytest.mark.parametrize("differs", [differs for differs, _, _ in REFUSED])
def test_what_the_claim_refuses_was_never_eligible(differs):
    inbox = replace(AVA, **differs)
    claimed = why_not(as_claimed(inbox))

    assert not isinstance(claimed, Wait) or first_failing(check(inbox, COLD)) is not None


def as_claimed(inbox):
    return SendFacts(
        now=inbox.now,
        timezone=inbox.timezone,
        inbox=inbox.inbox,
        kind=SendKind.CAMPAIGN,
        recipient="bob@example.com",
        removed=False,
        suppressed_for=None,
        is_active=inbox.is_active,
        connection_state=inbox.connection_state,
        domain=inbox.domain,
        domain_pause_reason=inbox.domain_pause_reason,
        last_used_day=inbox.now.date(),
        used_today=inbox.sent_today,
        daily_limit=inbox.todays_limit,
        used_by_hour={inbox.now: inbox.sent_in_24_hours},
        ceiling=inbox.provider_cap,
        cooldown_until=inbox.cooldown_until,
        waits_for_owner=inbox.waits_for_owner,
    )
