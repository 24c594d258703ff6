"""The caps: each fact, its number, and what clears it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.health_hold import NO_HOLD, HealthHold, HoldCause, HoldState
from nimbus.rules.levels import Level
from nimbus.rules.outside_signals import NotKnown, Postmaster
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rates import Basis, Rate, Rates
from nimbus.rules.score_caps import CapFacts, DomainFacts, active_caps

NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
HELD = HealthHold(state=HoldState.HELD, since=NOW, causes=frozenset({HoldCause.BOUNCE}), begun=(NOW,))
WELL = CapFacts(
    now=NOW,
    connection_state=ConnectionState.OK,
    domain=DomainFacts(),
    rates=Rates(Rate(5, 100), Rate(1, 95), Basis.PRODUCTION),
    bounce_level=Level.OK,
    complaint_level=Level.OK,
    hold=NO_HOLD,
    placement=Placement(57, 60),
    postmaster=NotKnown.NOT_CONNECTED,
)


def spam(rate, age=0):
    return Postmaster(day=NOW.date() - timedelta(days=age), spam_rate=rate)


CAPS = [
    ({}, {}),
    ({"connection_state": ConnectionState.AUTH_REVOKED}, {"AUTH_REVOKED": 20}),
    ({"connection_state": ConnectionState.AUTH_FAILED}, {"AUTH_REVOKED": 20}),
    ({"connection_state": ConnectionState.SUSPENDED}, {"ACCOUNT_SUSPENDED": 20}),
    ({"connection_state": ConnectionState.DISCONNECTED}, {}),
    ({"domain": DomainFacts(pause_reason="DMARC alignment fails")}, {"DOMAIN_PAUSED": 25}),
    ({"domain": DomainFacts(listed_on="SURBL")}, {"LISTED_HIGH": 60}),
    ({"domain": DomainFacts(has_both=False, has_dmarc=False)}, {"NO_AUTH_PAIR": 80, "NO_DMARC": 80}),
    ({"domain": DomainFacts(has_both=True, has_dmarc=True)}, {}),
    ({"bounce_level": Level.WATCH, "complaint_level": Level.WATCH}, {}),
    ({"bounce_level": Level.ELEVATED}, {"BOUNCE_ELEVATED": 65}),
    ({"bounce_level": Level.CRITICAL}, {"BOUNCE_CRITICAL": 40}),
    ({"complaint_level": Level.ELEVATED}, {"COMPLAINT_ELEVATED": 60}),
    ({"complaint_level": Level.CRITICAL}, {"COMPLAINT_CRITICAL": 30}),
    ({"hold": HELD}, {"BOUNCE_ELEVATED": 65}),
    ({"hold": HELD, "bounce_level": Level.CRITICAL}, {"BOUNCE_CRITICAL": 40}),
    ({"hold": replace(HELD, causes=frozenset({HoldCause.COMPLAINT}))}, {"COMPLAINT_ELEVATED": 60}),
    ({"hold": replace(HELD, state=HoldState.PROBATION)}, {"PROBATION": 70}),
    ({"postmaster": spam(0.003)}, {"POSTMASTER_SPAM": 50}),
    ({"postmaster": spam(0.0029)}, {}),
    ({"postmaster": spam(0.003, age=3)}, {"POSTMASTER_SPAM": 50}),
    ({"postmaster": spam(0.003, age=4)}, {}),
    ({"postmaster": replace(spam(0), spam_rate=None)}, {}),
    ({"placement": Placement(9, 20)}, {"PLACEMENT_LOW": 55}),
    ({"placement": NotKnown.NOT_APPLICABLE}, {}),
]


@pytest.mark.parametrize(("fact", "caps"), CAPS)
def test_a_hard_fact_caps_the_score_at_its_number(fact, caps):
    assert {cap.code: cap.cap for cap in active_caps(replace(WELL, **fact))} == caps


def test_a_cap_says_why_with_its_counts_and_what_clears_it():
    [cap] = active_caps(replace(WELL, bounce_level=Level.ELEVATED))

    assert cap.text == "Bounce rate 5.0 % (5 of 100) over 7 days, production mail"
    assert cap.clears_when == "below 2 % on two checks a day apart, then 20 clean sends"


def test_a_spam_rate_is_told_to_the_hundredth_of_a_per_cent():
    [cap] = active_caps(replace(WELL, postmaster=spam(0.0035)))

    assert cap.text == "Gmail's spam rate was 0.35 %"


@pytest.mark.parametrize("fact", [fact for fact, caps in CAPS if caps])
def test_every_cap_has_words(fact):
    for cap in active_caps(replace(WELL, **fact)):
        assert cap.text[0].isupper()
        assert cap.clears_when
