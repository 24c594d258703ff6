"""The last attempts of an inbox stay in order, whatever is heard of them and when."""

from datetime import UTC, datetime, timedelta

from nimbus.rules.inbox_events import EventKind
from nimbus.rules.outcomes import KEPT, Outcome, Stream
from nimbus.rules.recent_attempts import Heard, remembered

NOON = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)


def heard(kind, send_id, minute=0):
    return Heard(kind, send_id, NOON + timedelta(minutes=minute), Stream.PRODUCTION)


def told(recent):
    return [(each.send_id, each.attempt.outcome) for each in recent]


def test_what_is_heard_later_changes_the_attempt_and_adds_none():
    sent = remembered([], [heard(EventKind.SENT, 1), heard(EventKind.SENT, 2, 1)])

    after = remembered(sent, [heard(EventKind.PERMANENT, 1), heard(EventKind.SENT, 1)])

    assert told(after) == [(1, Outcome.PERMANENT), (2, Outcome.CLEAN)]


def test_a_mail_that_is_forgotten_already_is_not_brought_back():
    assert remembered([], [heard(EventKind.PERMANENT, 9)]) == []


def test_a_bounce_of_an_unknown_mail_counts_where_it_was_heard():
    assert told(remembered([], [heard(EventKind.PERMANENT, None)])) == [(None, Outcome.PERMANENT)]


def test_soft_failures_are_attempts_of_their_own_in_the_order_of_time():
    news = [heard(EventKind.SENT, 1, 5), heard(EventKind.THROTTLE, 1, 2), heard(EventKind.CONNECTION, 1, 1)]

    assert told(remembered([], news)) == [(1, Outcome.SOFT), (1, Outcome.SOFT), (1, Outcome.CLEAN)]


def test_where_a_mail_landed_is_no_attempt_and_old_ones_are_forgotten():
    news = [heard(EventKind.SENT, number, number) for number in range(KEPT + 5)]

    recent = remembered([], [*news, heard(EventKind.PLACED_SPAM, 1)])

    assert [each.send_id for each in recent] == list(range(5, KEPT + 5))
