"""A reason pauses when it was seen twice, ends when it was gone twice, and nothing unknown moves it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.domain_pause import (
    CLEARS,
    OVERRIDE,
    REASONS,
    PauseCode,
    Reason,
    Signal,
    advance,
    inboxes_in_trouble,
    pausing,
    refusal_signal,
    spam_rate_signal,
)

START = datetime(2026, 11, 12, tzinfo=UTC)
B, G, U, P = Signal.BAD, Signal.GOOD, Signal.UNKNOWN, Signal.PROVEN
MX, LIST = PauseCode.MX_DEAD, PauseCode.LISTED_CRITICAL


def after(code, *looks):
    reason = Reason(code)
    for minutes, signal in looks:
        reason = advance(reason, signal, START + timedelta(minutes=minutes))
    return reason


@pytest.mark.parametrize(
    ("looks", "is_paused"),
    [
        ([(0, B)], False),
        ([(0, B), (9, B)], False),
        ([(0, B), (10, B)], True),
        ([(0, B), (5, B), (10, B)], True),
        ([(0, B), (5, G), (14, B)], False),
        ([(0, B), (5, U), (10, B)], True),
        ([(0, B), (10, U)], False),
        ([(0, P)], True),
        ([(0, U), (999, U)], False),
        ([(0, P), (10, G)], True),
        ([(0, P), (10, G), (19, G)], True),
        ([(0, P), (10, G), (20, G)], False),
        ([(0, P), (10, G), (15, B), (20, G)], True),
        ([(0, P), (10, G), (15, U), (20, G)], False),
        ([(0, P), (10, G), (99, U)], True),
    ],
)
def test_twice_to_begin_and_twice_to_end(looks, is_paused):
    assert (after(MX, *looks).paused_at is not None) is is_paused


def test_a_blocklist_must_be_clean_for_an_hour_and_a_spam_rate_was_counted_already():
    assert after(LIST, (0, P), (10, G), (69, G)).paused_at is not None
    assert after(LIST, (0, P), (10, G), (70, G)).paused_at is None
    assert after(PauseCode.SPAM_RATE, (0, P), (10, G)).paused_at is None


def test_the_pause_keeps_its_beginning():
    assert after(MX, (0, P), (30, B), (60, P)).paused_at == START


def test_a_person_sets_all_aside_but_the_blocklists_and_only_for_a_while():
    reasons = [Reason(MX, paused_at=START), Reason(LIST, paused_at=START), Reason(PauseCode.NO_AUTH)]
    until = START + OVERRIDE

    assert pausing(reasons, overridden_until=None, now=START) == [LIST, MX]
    assert pausing(reasons, overridden_until=until, now=START + timedelta(hours=23)) == [LIST]
    assert pausing(reasons, overridden_until=until, now=until) == [LIST, MX]
    assert timedelta(hours=24) == OVERRIDE


@pytest.mark.parametrize(
    ("rates", "signal"),
    [
        ([], U),
        ([0.003], U),
        ([0.003, 0.003], P),
        ([0.003, 0.0029, 0.003], P),
        ([0.003, 0.001, 0.001, 0.003], U),
        ([0.001] * 6, U),
        ([0.001] * 7, G),
        ([0.003, *[0.001] * 6], U),
        ([0.003, *[0.0029] * 7], G),
        ([*[0.001] * 7, 0.003], U),
    ],
)
def test_spam_rates_pause_on_two_of_three_days_and_end_after_seven(rates, signal):
    assert (
        spam_rate_signal({date(2026, 11, 1) + timedelta(days=n): rate for n, rate in enumerate(rates)})
        is signal
    )


@pytest.mark.parametrize(
    ("hours", "alignment", "signal"),
    [
        ([0], U, U),
        ([0, 1], U, P),
        ([0, 1], G, P),
        ([0, 24], U, P),
        ([0, 25], U, U),
        ([], G, G),
        ([0], B, U),
    ],
)
def test_two_recipients_who_refuse_within_a_day_pause_until_alignment_passes(hours, alignment, signal):
    refused = [(f"r{n}@x.test", START - timedelta(hours=hour)) for n, hour in enumerate(hours)]

    assert refusal_signal(refused, alignment, START) is signal


def test_one_recipient_who_refuses_twice_is_one():
    assert refusal_signal([("r@x.test", START)] * 2, U, START) is U


@pytest.mark.parametrize(
    ("troubled", "inboxes", "was", "warned"),
    [(2, 2, False, False), (2, 3, False, True), (1, 3, False, False), (5, 10, False, True), (49, 100, False, False), (4, 10, False, False),
     (4, 10, True, True), (3, 10, True, True), (29, 100, True, False)],
)  # fmt: skip
def test_many_inboxes_in_trouble_are_a_warning_with_hysteresis(troubled, inboxes, was, warned):
    assert inboxes_in_trouble(troubled, inboxes, is_warned=was) is warned


def test_every_reason_has_its_words():
    assert set(REASONS) == set(CLEARS) == set(PauseCode)


@given(st.lists(st.tuples(st.integers(0, 90), st.sampled_from(Signal))))
def test_unknown_never_pauses_and_never_ends_a_pause(steps):
    reason, moment = Reason(MX), START
    for minutes, signal in steps:
        moment += timedelta(minutes=minutes)
        before, reason = reason, advance(reason, signal, moment)

        assert signal is not U or reason == before
