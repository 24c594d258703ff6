"""The hours of a campaign: quarters of an hour in its own zone, on days that have 23, 24 or 25 hours."""

from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.sending_hours import BATCH, NeverOpens, SendingHours, next_try

PARIS = SendingHours("Europe/Paris")
UTC_HOURS = SendingHours("UTC")


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "batch"),
    [
        ("2026-11-04T08:00:00+01:00", "2026-11-04T09:00:00+01:00"),
        ("2026-11-04T09:00:00+01:00", "2026-11-04T09:00:00+01:00"),
        ("2026-11-04T09:00:01+01:00", "2026-11-04T09:15:00+01:00"),
        ("2026-11-04T16:45:00+01:00", "2026-11-04T16:45:00+01:00"),
        ("2026-11-04T16:45:01+01:00", "2026-11-05T09:00:00+01:00"),
        ("2026-11-06T17:00:00+01:00", "2026-11-09T09:00:00+01:00"),  # Friday evening
        ("2026-03-27T18:00:00+01:00", "2026-03-30T09:00:00+02:00"),  # clocks change on that weekend
    ],
)
def test_a_batch_begins_with_each_quarter_of_an_hour_that_is_open(now, batch):
    assert PARIS.next_batch(at(now)) == at(batch)


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Pacific/Chatham", "Asia/Kolkata", "America/St_Johns"])
def test_a_zone_of_half_or_quarter_hours_has_its_batches_at_the_same_minutes(zone):
    hours = SendingHours(zone)
    closed = hours.window_end(hours.next_batch(at("2026-11-04T00:07:00Z")))

    batch = hours.next_batch(closed)

    assert batch.minute % 15 == 0
    assert hours.is_open(batch)
    assert not hours.is_open(batch - BATCH)


def test_hours_that_a_spring_takes_away_open_the_week_after():
    lost = SendingHours("Europe/Paris", frozenset({6}), 2 * 60, 3 * 60)

    assert lost.next_batch(at("2026-03-28T12:00:00+01:00")) == at("2026-04-05T02:00:00+02:00")


def test_hours_that_an_autumn_brings_twice_are_open_twice():
    night = SendingHours("Europe/Paris", frozenset({6}), 2 * 60, 3 * 60)

    assert night.next_batch(at("2026-10-25T02:50:00+02:00")) == at("2026-10-25T02:00:00+01:00")
    assert night.window_end(at("2026-10-25T02:00:00+02:00")) == at("2026-10-25T03:00:00+01:00")


def test_a_window_ends_with_its_hours_and_around_the_clock_with_nothing():
    assert PARIS.window_end(at("2026-11-04T15:50:00+01:00")) == at("2026-11-04T17:00:00+01:00")
    assert SendingHours("UTC", closes=9 * 60 + 20).window_end(at("2026-11-04T09:05:00Z")) == at(
        "2026-11-04T09:30:00Z"
    )
    always = SendingHours("UTC", frozenset(range(7)), 0, 1440)
    assert always.window_end(at("2026-11-04T09:00:00Z")) - at("2026-11-04T09:00:00Z") == timedelta(days=15)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"days": frozenset()}, "choose one day at least"),
        ({"days": frozenset({7})}, "choose one day at least"),
        ({"opens": 1020, "closes": 540}, "17:00 is not before 09:00"),
        ({"opens": 540, "closes": 540}, "09:00 is not before 09:00"),
        ({"opens": 541, "closes": 555}, "no quarter of an hour begins between 09:01 and 09:15"),
        ({"closes": 1441}, "09:00 is not before 24:01"),
        ({"opens": -1}, "never open"),
        ({"zone": "Mars/Base"}, "no time zone called “Mars/Base”"),
        ({"zone": "../etc/passwd"}, "no time zone"),
    ],
)
def test_hours_that_never_open_are_refused_with_a_sentence(given, sentence):
    with pytest.raises(NeverOpens, match=sentence):
        SendingHours(**({"zone": "UTC"} | given))


def test_hours_with_a_single_quarter_open_once_a_day():
    once = SendingHours("UTC", frozenset(range(7)), 541, 556)

    assert once.next_batch(at("2026-11-04T09:16:00Z")) == at("2026-11-05T09:15:00Z")


@pytest.mark.parametrize(
    ("now", "passes", "deferrals", "expected"),
    [
        # The vector of the model: one cools down until 14:20, the other's budget is spent until the night.
        ("14:03", ["14:20", "22:00"], 1, "14:30"),
        ("14:03", ["14:15"], 1, "14:15"),
        ("14:03", ["14:01"], 1, "14:15"),
        ("14:15", ["14:15"], 1, "14:30"),  # never the batch that is at work
        ("14:03", [None], 0, "14:15"),
        ("14:03", [None], 1, "14:15"),
        ("14:03", [None], 2, "14:30"),
        ("14:03", [None], 3, "15:00"),
        ("14:03", [None], 4, "16:00"),
        ("10:03", [None], 5, "14:00"),
        ("10:03", [None], 6, "16:00"),  # eight hours would be more than six
        ("10:03", [None], 400, "16:00"),
        ("14:03", [None, "15:01"], 4, "15:15"),
        ("14:03", [], 1, "14:15"),
    ],
)
def test_a_deferred_send_is_tried_at_the_first_batch_at_which_an_inbox_could_pass(
    now, passes, deferrals, expected
):
    day = "2026-11-04T{}:00Z"
    moments = [each and at(day.format(each)) for each in passes]

    assert next_try(UTC_HOURS, at(day.format(now)), moments, deferrals=deferrals) == at(day.format(expected))


def test_a_try_that_falls_out_of_the_hours_is_the_first_of_the_next_day():
    assert next_try(UTC_HOURS, at("2026-11-06T16:50:00Z"), [None], deferrals=1) == at("2026-11-09T09:00:00Z")


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (PARIS, "Mon–Fri 09:00–17:00, Europe/Paris"),
        (SendingHours("UTC", frozenset({0, 2}), 0, 1440), "Mon, Wed 00:00–24:00, UTC"),
        (SendingHours("UTC", frozenset({5, 6})), "Sat, Sun 09:00–17:00, UTC"),
        (SendingHours("UTC", frozenset({3})), "Thu 09:00–17:00, UTC"),
    ],
)
def test_hours_are_said_in_words(hours, words):
    assert hours.in_words == words
