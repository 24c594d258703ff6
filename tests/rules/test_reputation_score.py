"""Reputation: the vectors of the model, and that bad news never helps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.outside_signals import LegacyBand, NotKnown, Postmaster, Snds, SndsColour, Yahoo
from nimbus.rules.reputation_score import BOUNCE_CURVE, WEIGHTS, ReputationFacts, reputation_score

NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
NOTHING = ReputationFacts(
    sends=0,
    failures=0,
    delivered=0,
    complaints=0,
    postmaster=NotKnown.NOT_CONNECTED,
    snds=NotKnown.NOT_APPLICABLE,
    yahoo=NotKnown.NO_DATA,
)
CLEAN = replace(NOTHING, sends=200, delivered=200)


def day(age):
    return NOW.date() - timedelta(days=age)


def of(bounces, sends, complaints, delivered):
    return replace(NOTHING, failures=bounces, sends=sends, complaints=complaints, delivered=delivered)


def gmail(rate, age=0):
    return replace(CLEAN, postmaster=Postmaster(day=day(age), spam_rate=rate))


def microsoft(colour, traps=0):
    return replace(CLEAN, snds=Snds(day=day(1), colour=colour, traps=traps))


COMPLAINED = of(0, 200, 2, 200)
VECTORS = {
    "R1": (NOTHING, 70.00, 70),
    "R2": (of(0, 30, 0, 30), 80.13, 80),
    "R3": (CLEAN, 89.78, 90),
    "R4": (gmail(0.0002), 94.93, 95),
    "R5": (gmail(0.0015), 84.75, 85),
    "R6": (gmail(0.0035), 68.38, 68),
    "R7": (gmail(0.0035, age=17), 83.17, 83),
    "R8": (gmail(0.0035, age=31), 89.78, 90),
    "R9": (of(10, 200, 0, 190), 67.78, 68),
    "R10": (COMPLAINED, 75.83, 76),
    "R11": (microsoft(SndsColour.YELLOW), 83.77, 84),
    "R12": (microsoft(SndsColour.RED, traps=3), 74.40, 74),
    "R13": (of(1, 10, 0, 9), 70.05, 70),
    "R14": (replace(CLEAN, postmaster=Postmaster(day=day(1), band=LegacyBand.LOW)), 72.02, 72),
    "R15": (replace(COMPLAINED, yahoo=Yahoo(day=day(1), complaints=2, sent=60)), 65.57, 66),
}
# Beyond the document, worked out from its formulas apart from the product: what its vectors leave open.
MORE = {
    "half of the trusted volume": (of(0, 25, 0, 100), 81.94, 82),
    "a clean Yahoo": (replace(CLEAN, yahoo=Yahoo(day=day(1), complaints=0, sent=50)), 90.72, 91),
    "one complaint at Yahoo": (replace(CLEAN, yahoo=Yahoo(day=day(1), complaints=1, sent=60)), 83.74, 84),
    "one complaint": (of(0, 200, 1, 40), 83.16, 83),
    "a bounce and a complaint among ten": (of(1, 10, 1, 9), 69.44, 69),
    "no more than trusted in full": (of(0, 1000, 0, 1000), 90.94, 91),
    "much clean mail to Yahoo": (replace(CLEAN, yahoo=Yahoo(day=day(1), complaints=0, sent=400)), 91.90, 92),
    "many complaints at Yahoo": (replace(CLEAN, yahoo=Yahoo(day=day(1), complaints=4, sent=60)), 77.54, 78),
    "many complaints": (of(0, 20, 4, 20), 53.26, 53),
    "five bounces among ten": (of(5, 10, 0, 5), 36.30, 36),
    "two bounces among ten": (of(2, 10, 0, 8), 60.77, 61),
}


@pytest.mark.parametrize(("facts", "raw", "score"), (VECTORS | MORE).values(), ids=VECTORS | MORE)
def test_reputation_is_that_of_the_model(facts, raw, score):
    found = reputation_score(facts, NOW)

    assert found.blend.value == pytest.approx(raw, abs=0.005)
    assert found.score == score


@pytest.mark.parametrize(
    ("rate", "score"),
    [
        (0, 100),
        (0.01, 90),
        (0.02, 75),
        (0.03, 60),
        (0.05, 35),
        (0.08, 12),
        (0.1, 0),
        (0.3, 0),
        (0.04, 47.5),
        (0.095, 3),
    ],
)
def test_a_bounce_rate_is_worth_what_the_lines_of_amazon_say(rate, score):
    assert BOUNCE_CURVE.at(rate) == pytest.approx(score)


def test_the_weights_make_a_whole():
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_one_bounce_among_ten_mails_hardly_counts():
    assert abs(reputation_score(VECTORS["R13"][0], NOW).score - 70) <= 1


def test_each_part_says_where_it_comes_from_and_why_it_is_missing():
    texts = [share.part.text for share in reputation_score(gmail(0.0035, age=31), NOW).blend.shares]

    assert texts == [
        "Gmail Postmaster: spam rate 0.35 %, 31 days old and too old to count",
        "0.0 permanent failures in 200.0 sends of 28 days, older ones weigh less",
        "0.0 complaints about 200.0 delivered mails of 28 days, older ones weigh less",
        "Microsoft SNDS: does not exist for this kind of inbox",
        "Yahoo: no data yet",
        "What is not known counts as 70",
    ]


@pytest.mark.parametrize(
    ("age", "said"), [(0, "of today"), (1, "a day old"), (2, "2 days old"), (30, "30 days old")]
)
def test_a_figure_says_how_old_it_is(age, said):
    text = reputation_score(gmail(0.0005, age), NOW).blend.shares[0].part.text

    assert text == f"Gmail Postmaster: spam rate 0.05 %, {said}"


def test_a_day_of_postmaster_without_a_rate_is_no_figure():
    facts = replace(CLEAN, postmaster=Postmaster(day=day(0), needs_work=True))

    assert reputation_score(facts, NOW).score == 90
    assert reputation_score(facts, NOW).blend.shares[0].part.text == "Gmail Postmaster: no data yet"


POSTMASTER = [*NotKnown, *(Postmaster(day=day(age), spam_rate=age / 4000) for age in range(0, 40, 5))]
SNDS = [*NotKnown, *(Snds(day=day(age), colour=colour, traps=age) for age in (0, 4) for colour in SndsColour)]
YAHOO = [*NotKnown, *(Yahoo(day=day(age), complaints=age % 3, sent=2 * age) for age in (1, 6, 11, 50, 90))]
FACTS = st.builds(
    lambda sends, failures, complaints, signals: ReputationFacts(
        sends=sends,
        failures=min(failures, sends - 1),
        delivered=sends,
        complaints=min(complaints, sends - 1),
        postmaster=signals[0],
        snds=signals[1],
        yahoo=signals[2],
    ),
    st.integers(1, 400),
    st.integers(0, 40),
    st.integers(0, 8),
    st.tuples(st.sampled_from(POSTMASTER), st.sampled_from(SNDS), st.sampled_from(YAHOO)),
)


@settings(max_examples=30, deadline=None)
@given(FACTS)
def test_one_more_failure_or_complaint_among_as_many_mails_never_helps(facts):
    before = reputation_score(facts, NOW).blend.value
    worse = [
        replace(facts, failures=facts.failures + 1),
        replace(facts, complaints=facts.complaints + 1),
    ]
    if isinstance(facts.yahoo, Yahoo):
        complained = replace(facts.yahoo, complaints=facts.yahoo.complaints + 1)
        worse.append(replace(facts, yahoo=complained))

    assert max(reputation_score(each, NOW).blend.value for each in worse) <= before + 1e-9


@settings(max_examples=30, deadline=None)
@given(FACTS)
def test_the_parts_explain_the_whole_score(facts):
    found = reputation_score(facts, NOW)

    assert sum(share.points for share in found.blend.shares) == pytest.approx(found.blend.value, abs=0.01)
    assert 0 <= found.score <= 100
