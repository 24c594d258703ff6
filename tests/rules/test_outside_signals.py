"""What Google, Microsoft and Yahoo say, as a number."""

from datetime import date

import pytest

from nimbus.rules.outside_signals import (
    SPAM_CURVE,
    WORDS,
    LegacyBand,
    NotKnown,
    Postmaster,
    Snds,
    SndsColour,
    Yahoo,
)

DAY = date(2026, 11, 12)


@pytest.mark.parametrize(
    ("rate", "score"),
    [
        (0, 100),
        (0.0005, 95),
        (0.001, 85),
        (0.002, 55),
        (0.003, 30),
        (0.005, 10),
        (0.01, 0),
        (0.5, 0),
        (0.0015, 70),
        (0.0075, 5),
    ],
)
def test_a_spam_rate_is_worth_what_the_receivers_lines_say(rate, score):
    assert SPAM_CURVE.at(rate) == pytest.approx(score)


@pytest.mark.parametrize(
    ("told", "score"),
    [
        ({"spam_rate": 0.0005}, 95),
        ({"spam_rate": 0.0005, "needs_work": True}, 60),
        ({"spam_rate": 0.003, "needs_work": True}, 30),
        ({"spam_rate": 0.0005, "delivery_errors": 0.05}, 95),
        ({"spam_rate": 0.0005, "delivery_errors": 0.051}, 50),
        ({"spam_rate": 0.0005, "delivery_errors": 0.06, "needs_work": True}, 50),
        ({"band": LegacyBand.HIGH}, 100),
        ({"band": LegacyBand.MEDIUM}, 75),
        ({"band": LegacyBand.LOW}, 35),
        ({"band": LegacyBand.BAD}, 5),
        ({"band": LegacyBand.BAD, "spam_rate": 0.0}, 100),
        ({"needs_work": True}, None),
    ],
)
def test_postmaster_is_the_spam_rate_cut_by_its_verdicts(told, score):
    assert Postmaster(day=DAY, **told).score == score


@pytest.mark.parametrize(
    ("colour", "traps", "complaints", "score"),
    [
        (SndsColour.GREEN, 0, 0.0, 100),
        (SndsColour.YELLOW, 0, 0.0, 55),
        (SndsColour.RED, 0, 0.0, 10),
        (SndsColour.GREEN, 1, 0.0, 60),
        (SndsColour.GREEN, 2, 0.0, 60),
        (SndsColour.GREEN, 3, 0.0, 30),
        (SndsColour.GREEN, 0, 0.0009, 100),
        (SndsColour.GREEN, 0, 0.001, 70),
        (SndsColour.GREEN, 0, 0.0029, 70),
        (SndsColour.GREEN, 0, 0.003, 40),
        (SndsColour.RED, 9, 0.5, 10),
    ],
)
def test_snds_is_its_colour_cut_by_traps_and_complaints(colour, traps, complaints, score):
    assert Snds(day=DAY, colour=colour, traps=traps, complaint_rate=complaints).score == score


@pytest.mark.parametrize(
    ("complaints", "sent", "score"), [(0, 0, 95), (0, 300, 98), (1, 900, 85), (2, 60, 3.846)]
)
def test_yahoo_starts_at_a_usual_rate_with_the_weight_of_200_mails(complaints, sent, score):
    assert Yahoo(day=DAY, complaints=complaints, sent=sent).score == pytest.approx(score, abs=0.001)


def test_every_reason_for_knowing_nothing_has_words_of_its_own():
    assert len(set(WORDS.values())) == len(NotKnown)
