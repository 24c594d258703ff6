"""The composite score: the vectors of the model, its caps, and the record that explains it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.curves import half_up
from nimbus.rules.outcomes import Operations
from nimbus.rules.outside_signals import NotKnown
from nimbus.rules.overall_score import WEIGHTS, Band, OverallFacts, band, overall_score
from nimbus.rules.placement import Placement
from nimbus.rules.score_caps import Cap

NOW = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
REVOKED = Cap("AUTH_REVOKED", 20, "The sign-in was revoked", "the inbox is connected again")
PAUSED = Cap("DOMAIN_PAUSED", 25, "DMARC alignment fails", "the domain's pause is over")
BOUNCES = Cap("BOUNCE_ELEVATED", 65, "Bounce rate 5.0 % (5 of 100)", "below 2 %")
NO_DMARC = Cap("NO_DMARC", 80, "No DMARC record", "the record is published")


def of(reputation, domain, placement=(0, 0), operations=(0, 0)):
    return OverallFacts(
        reputation=reputation,
        domain=domain,
        placement=Placement(*placement),
        operations=Operations(*operations),
    )


GOOD = ((57, 60), (0, 50))
VECTORS = {
    "O1": (of(70, 100), [], 79.93, 80),
    "O2": (of(70, NotKnown.NO_DATA), [], 70.00, 70),
    "O3": (of(70, 85), [NO_DMARC], 74.97, 75),
    "O4": (of(90, 97, *GOOD), [], 93.59, 94),
    "O5": (of(90, 97, *GOOD), [REVOKED], 93.59, 20),
    "O6": (of(90, 60, *GOOD), [PAUSED], 84.34, 25),
    "O7": (of(66, 97, *GOOD), [BOUNCES], 83.99, 65),
    "O8": (of(61, 80, (40, 60), (2, 50)), [], 68.09, 68),
    "O9": (of(100, 100, (6000, 6000), (0, 5000)), [], 99.99, 100),
    "few attempts": (of(90, 97, (57, 60), (0, 5)), [], 92.45, 92),
}


@pytest.mark.parametrize(("facts", "caps", "raw", "score"), VECTORS.values(), ids=VECTORS)
def test_the_score_is_that_of_the_model(facts, caps, raw, score):
    found = overall_score(facts, caps, NOW)

    assert found.blend.value == pytest.approx(raw, abs=0.006)
    assert found.score == score


@pytest.mark.parametrize(
    ("failed", "score"),
    [
        (Operations(0, 4990), 100),
        (Operations(20, 995), 95),
        (Operations(50, 992), 85),
        (Operations(100, 991), 65),
        (Operations(200, 990.5), 35),
        (Operations(400, 990), 0),
        (Operations(300, 990), 17.5),
        (Operations(900, 990), 0),
    ],
)
def test_operations_are_worth_what_share_of_attempts_fails(failed, score):
    found = overall_score(
        OverallFacts(reputation=70, domain=70, placement=Placement(), operations=failed), [], NOW
    )

    assert found.blend.shares[3].part.score == pytest.approx(score, abs=0.05)


def test_the_weights_make_a_whole():
    assert sum(WEIGHTS.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (100, Band.HEALTHY),
        (85, Band.HEALTHY),
        (84, Band.GOOD),
        (70, Band.GOOD),
        (69, Band.AT_RISK),
        (40, Band.AT_RISK),
        (39, Band.CRITICAL),
        (0, Band.CRITICAL),
    ],
)
def test_a_score_has_a_word(score, word):
    assert band(score) is word


def test_the_lowest_cap_bites_and_all_are_told():
    found = overall_score(of(90, 97, *GOOD), [NO_DMARC, REVOKED, BOUNCES], NOW)

    assert found.score == 20
    assert [cap.code for cap in found.caps] == ["AUTH_REVOKED", "BOUNCE_ELEVATED", "NO_DMARC"]


def test_reconnecting_gives_the_score_back_at_once():
    assert overall_score(of(90, 97, *GOOD), [], NOW).score == 94


def test_the_record_has_all_that_a_page_says():
    record = overall_score(of(66, 97, *GOOD), [BOUNCES], NOW).as_record()

    assert (record["score"], record["band"], record["computed_at"]) == (65, "At risk", NOW.isoformat())
    assert record["caps"] == [BOUNCES._asdict()]
    assert record["parts"][0] == {
        "name": "reputation",
        "score": 66,
        "weight": 0.4,
        "confidence": 1.0,
        "share": 0.4,
        "points": 26.4,
        "text": "What receivers think of this inbox",
    }
    assert record["raw"] == pytest.approx(sum(part["points"] for part in record["parts"]), abs=0.01)


def test_what_is_missing_is_told_with_its_reason_and_without_a_number():
    facts = OverallFacts(
        reputation=70,
        domain=NotKnown.NOT_APPLICABLE,
        placement=NotKnown.NO_DATA,
        operations=Operations(),
    )
    parts = overall_score(facts, [], NOW).as_record()["parts"]

    assert [part["score"] for part in parts[1:3]] == [None, None]
    assert parts[1]["text"] == "Sending domain: does not exist for this kind of inbox"
    assert parts[2]["text"] == "Inbox placement: no data yet"


COUNTS = st.tuples(
    st.integers(0, 99), st.sampled_from([*NotKnown, 0, 45, 100]), st.integers(1, 60), st.integers(1, 50)
)


@settings(max_examples=40, deadline=None)
@given(COUNTS, st.integers(0, 60), st.integers(0, 50))
def test_one_outcome_that_turns_bad_never_helps_and_the_record_adds_up(counts, inbox, failures):
    reputation, domain, observed, attempts = counts
    inbox, failures = min(inbox, observed - 1), min(failures, attempts - 1)
    worst = overall_score(of(reputation, domain, (inbox, observed), (failures + 1, attempts)), [], NOW)
    best = overall_score(of(reputation, domain, (inbox + 1, observed), (failures, attempts)), [BOUNCES], NOW)
    middle = overall_score(of(reputation, domain, (inbox, observed), (failures, attempts)), [], NOW)

    assert worst.score <= middle.score
    assert middle.blend.value <= best.blend.value + 1e-9
    assert best.score == half_up(min(best.blend.value, 65))
