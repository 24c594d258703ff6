"""A sequence: when each step is due, and what ends it."""

from datetime import UTC, date, datetime

import pytest

from nimbus.rules.follow_up import SENTENCES, BadSteps, Steps, Stop, away, next_due, what_stops
from nimbus.rules.reply_classes import ReplyClass
from nimbus.rules.sending_hours import SendingHours

HOURS = SendingHours("Europe/Paris")
STEPS = Steps((0, 3, 7))


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_first_step_is_due_with_the_first_batch_after_the_launch():
    assert next_due(STEPS, HOURS, at("2026-11-04T08:12:00+01:00"), []) == (0, at("2026-11-04T09:00:00+01:00"))


def test_a_follow_up_is_due_whole_days_after_the_step_before_it_left():
    begun, sent = at("2026-11-02T09:00:00+01:00"), at("2026-11-03T10:20:00+01:00")

    assert next_due(STEPS, HOURS, begun, [sent]) == (1, at("2026-11-06T10:30:00+01:00"))
    assert next_due(STEPS, HOURS, begun, [begun, sent]) == (2, at("2026-11-10T10:30:00+01:00"))


def test_a_follow_up_keeps_its_time_of_day_when_clocks_change():
    sent = at("2026-03-27T10:00:00+01:00")

    assert next_due(STEPS, HOURS, sent, [sent]) == (1, at("2026-03-30T10:00:00+02:00"))


def test_after_the_last_step_nothing_is_due():
    sent = [at("2026-11-02T09:00:00+01:00")] * 3

    assert next_due(STEPS, HOURS, sent[0], sent) is None


@pytest.mark.parametrize(
    ("delays", "sentence"),
    [
        ((), "There is no step yet"),
        ((0, 0), "Step 2 waits 0 days. Choose 1 to 90"),
        ((-1,), "Step 1 waits -1 days. Choose 0 to 90"),
        ((0, 91), "Step 2 waits 91 days"),
        ((1,) * 13, "13 steps, and 12 are the most"),
    ],
)
def test_steps_that_are_no_sequence_are_refused_with_a_sentence(delays, sentence):
    with pytest.raises(BadSteps, match=sentence):
        Steps(delays)


def test_the_longest_sequence_is_one():
    assert len(Steps((90, *(90,) * 11)).delays) == 12


@pytest.mark.parametrize(
    ("heard", "stop"),
    [
        ([], None),
        ([ReplyClass.AUTO_REPLY, ReplyClass.OUT_OF_OFFICE], None),
        ([ReplyClass.OTHER], Stop.REPLY),
        ([ReplyClass.NOT_NOW], Stop.REPLY),
        ([ReplyClass.BOUNCE, ReplyClass.INTERESTED], Stop.BOUNCE),
        ([ReplyClass.INTERESTED, ReplyClass.UNSUBSCRIBE], Stop.OPT_OUT),
        ([ReplyClass.UNSUBSCRIBE, ReplyClass.COMPLAINT], Stop.COMPLAINT),
    ],
)
def test_the_most_protective_of_what_was_heard_ends_a_sequence(heard, stop):
    assert what_stops(heard) == stop


def test_every_answer_of_a_person_ends_a_sequence_and_every_end_has_a_sentence():
    machines = {ReplyClass.AUTO_REPLY, ReplyClass.OUT_OF_OFFICE}

    assert {each for each in ReplyClass if what_stops([each]) is None} == machines
    assert SENTENCES.keys() == set(Stop)


@pytest.mark.parametrize(
    ("back_on", "until"),
    [
        (date(2026, 11, 12), "2026-11-13T00:00:00+01:00"),
        (date(2026, 11, 13), "2026-11-16T00:00:00+01:00"),  # a Friday
        (date(2026, 11, 4), "2026-11-05T00:00:00+01:00"),
        (date(2026, 11, 3), "2026-11-09T10:00:00+01:00"),  # over already
        (None, "2026-11-09T10:00:00+01:00"),
    ],
)
def test_somebody_who_is_away_is_left_alone_until_the_working_day_after(back_on, until):
    heard = at("2026-11-04T10:00:00+01:00")

    assert away(heard, back_on, "Europe/Paris") == at(until)


def test_a_step_waits_until_the_person_is_back():
    sent = at("2026-11-02T10:00:00+01:00")
    back = away(sent, date(2026, 11, 12), "Europe/Paris")

    assert next_due(STEPS, HOURS, sent, [sent], away_until=back) == (1, at("2026-11-13T09:00:00+01:00"))
