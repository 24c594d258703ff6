"""A listing is believed when it is seen twice, and gone when it is not seen twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.blocklists import BY_KEY, Severity
from nimbus.rules.dns_answers import Outcome
from nimbus.rules.listings import LookedUp, advance, ask_lists, judge_lists
from nimbus.rules.verdicts import Verdict
from tests.rules.answering import answered

START = datetime(2026, 11, 12, tzinfo=UTC)
DBL, ZEN = BY_KEY["spamhaus_dbl"], BY_KEY["spamhaus_zen"]
CONTROLS = {"dbltest.com.dbl.spamhaus.org A": ["127.0.1.2"], "2.0.0.127.zen.spamhaus.org A": ["127.0.0.2"]}


def looked(is_listed, severity=Severity.CRITICAL, key="spamhaus_dbl"):
    return LookedUp(
        list_key=key, subject="acme.test", is_listed=is_listed, severity=severity, words="a spam domain"
    )


def after(*looks):
    """The listing after looks, given as minutes and what was seen."""
    listing = None
    for minutes, seen in looks:
        listing = advance(listing, looked(seen), START + timedelta(minutes=minutes))
    return listing


def is_confirmed(*looks):
    listing = after(*looks)
    return listing is not None and listing.is_open and listing.confirmed_at is not None


def test_two_look_ups_ten_minutes_apart_confirm():
    assert not is_confirmed((0, True))
    assert not is_confirmed((0, True), (9, True))
    assert is_confirmed((0, True), (10, True))
    assert is_confirmed((0, True), (9, True), (10, True))


def test_a_clean_answer_between_two_listings_begins_anew():
    assert not is_confirmed((0, True), (5, False), (12, True))
    assert not after((0, True), (5, False)).is_open


def test_what_says_nothing_changes_nothing():
    assert after((0, None)) is None
    assert is_confirmed((0, True), (5, None), (10, True))
    assert is_confirmed((0, True), (10, True), (500, None))


def test_a_confirmed_listing_needs_two_clean_look_ups_an_hour_apart():
    listed = ((0, True), (10, True))
    assert after(*listed, (20, False), (79, False)).is_open
    assert not after(*listed, (20, False), (80, False)).is_open
    assert after(*listed, (20, False), (50, True), (80, False)).is_open


def test_a_cleared_listing_can_come_back():
    again = after((0, True), (10, True), (20, False), (80, False), (90, True))

    assert again.is_open
    assert again.confirmed_at is None


def test_lists_are_asked_about_what_they_are_about():
    zone = CONTROLS | {
        "acme.test.dbl.spamhaus.org A": ["127.0.1.4"],
        "1.2.0.192.zen.spamhaus.org A": ["127.0.0.3"],
    }
    domain, address = answered(ask_lists([DBL, ZEN], "acme.test", ["192.0.2.1"]), zone)

    assert (domain.subject, domain.words, domain.raw) == ("acme.test", "a phishing domain", ("127.0.1.4",))
    assert (address.subject, address.severity) == ("192.0.2.1", Severity.CRITICAL)
    assert answered(ask_lists([ZEN], "acme.test", []), zone) == ()


@pytest.mark.parametrize(
    "more",
    [
        {"dbltest.com.dbl.spamhaus.org A": Outcome.NO_NAME},
        {"dbltest.com.dbl.spamhaus.org A": ["127.255.255.254"]},
        {"invalid.dbl.spamhaus.org A": ["127.0.1.2"]},
        {"invalid.dbl.spamhaus.org A": Outcome.TIMED_OUT},
        {"acme.test.dbl.spamhaus.org A": Outcome.FAILED},
        {"acme.test.dbl.spamhaus.org A": ["127.255.255.254"]},
    ],
)
def test_a_list_that_fails_its_own_test_says_nothing(more):
    zone = CONTROLS | {"acme.test.dbl.spamhaus.org A": ["127.0.1.2"]} | more
    (found,) = answered(ask_lists([DBL], "acme.test", []), zone)

    assert found.is_listed is None


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [
        (Severity.CRITICAL, Verdict.FAIL),
        (Severity.HIGH, Verdict.FAIL),
        (Severity.MEDIUM, Verdict.WARN),
        (Severity.LOW, Verdict.WARN),
        (Severity.INFO, Verdict.PASS),
    ],
)
def test_the_worst_listing_decides(severity, verdict):
    listings = [advance(None, looked(True, each), START) for each in (Severity.INFO, severity)]

    assert judge_lists([looked(True)], listings).verdict is verdict


def test_silence_of_some_is_named_and_of_all_is_unknown():
    some = judge_lists([looked(None), looked(False, key="surbl")], [])

    assert (some.verdict, "Spamhaus DBL" in some.sentence) == (Verdict.PASS, True)
    assert judge_lists([looked(None)], []).is_temporary
    assert judge_lists([], []).code == "switched_off"


def test_what_a_list_objects_to_is_kept_as_it_came():
    refused = replace(looked(None), raw=("127.255.255.254",))
    found = judge_lists([refused, looked(False, key="surbl")], [])

    assert found.found == ("Spamhaus DBL: its answer about acme.test cannot be believed (127.255.255.254)",)
    assert found.sentence == "On none of the blocklists; no answer from Spamhaus DBL"


@pytest.mark.parametrize(
    ("severity", "looks", "waits"),
    [(Severity.CRITICAL, [0], True), (Severity.CRITICAL, [0, 10], False), (Severity.HIGH, [0], False)],
)
def test_only_a_first_look_at_what_would_pause_waits_for_a_second(severity, looks, waits):
    listing = None
    for minutes in looks:
        listing = advance(listing, looked(True, severity), START + timedelta(minutes=minutes))

    assert listing.is_undecided is waits
