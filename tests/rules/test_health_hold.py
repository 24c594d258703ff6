"""The health hold: entered at once, left slowly, and a silent week is no cure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.health_hold import (
    NO_HOLD,
    HealthHold,
    HoldCause,
    HoldFacts,
    HoldState,
    clean_run,
    next_hold,
    way_out,
)
from nimbus.rules.levels import Level
from nimbus.rules.outcomes import Attempt, Outcome, Stream
from nimbus.rules.rates import Rate, Rates

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NONE, HELD, PROBATION = HoldState
BAD, GOOD = Rates(Rate(5, 100), Rate(0, 95)), Rates(Rate(1, 60), Rate(0, 59))


def facts(after=timedelta(), rates=GOOD, **others):
    usual = {"bounce_level": Level.OK, "complaint_level": Level.OK, "sent": 60}
    known = usual | {"is_connected": True, "is_domain_paused": False} | others
    return HoldFacts(now=START + after, rates=rates, **known)


def bad(after=timedelta(), level=Level.ELEVATED):
    return facts(after, BAD, bounce_level=level)


def sent(text, since=timedelta()):
    """A send for each letter, a minute apart: . clean, x permanent, s soft."""
    outcomes = {".": Outcome.CLEAN, "x": Outcome.PERMANENT, "s": Outcome.SOFT}
    return tuple(
        Attempt(START + since + timedelta(minutes=number + 1), Stream.WARMUP, outcomes[letter])
        for number, letter in enumerate(text)
    )


HOLD = next_hold(NO_HOLD, bad())
ON_PROBATION = HealthHold(state=PROBATION, since=START, begun=(START - 5 * DAY,), judged_from=START)


def test_the_story_of_a_bad_list_is_that_of_the_model():
    hold = next_hold(NO_HOLD, bad())
    assert (hold.state, hold.causes, hold.minimum) == (HELD, {HoldCause.BOUNCE}, 48 * HOUR)
    hold = next_hold(hold, bad(2 * DAY))
    assert hold.state is HELD
    hold = next_hold(hold, facts(5 * DAY))
    assert (hold.state, hold.good_since) == (HELD, START + 5 * DAY)
    hold = next_hold(hold, facts(6 * DAY))
    assert (hold.state, hold.since, hold.judged_from) == (PROBATION, START + 6 * DAY, START + 6 * DAY)
    after = facts(7 * DAY, attempts=sent(12 * "." + "x" + 20 * ".", 6 * DAY))
    assert next_hold(hold, after).state is NONE
    worse = next_hold(hold, facts(7 * DAY, attempts=sent(12 * "." + "xx", 6 * DAY)))
    assert (worse.state, worse.minimum, worse.causes) == (HELD, 96 * HOUR, {HoldCause.BOUNCE})


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("which", ["bounce_level", "complaint_level"])
def test_either_level_holds_from_elevated_on(which, level):
    held = next_hold(NO_HOLD, facts(**{which: level})).state is HELD

    assert held == (level >= Level.ELEVATED)


@pytest.mark.parametrize(
    ("earlier", "minimum"),
    [([], 48), ([29], 96), ([30], 48), ([31], 48), ([29, 20], 168), ([29, 20, 10], 168)],
)
def test_each_repeat_within_thirty_days_is_held_longer(earlier, minimum):
    before = replace(NO_HOLD, begun=tuple(START - days * DAY for days in earlier))

    assert next_hold(before, bad()).minimum == minimum * HOUR


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (24 * HOUR, 48 * HOUR, PROBATION),
        (24 * HOUR, 48 * HOUR - timedelta(seconds=1), HELD),  # the minimum time is not over
        (30 * HOUR, 54 * HOUR - timedelta(seconds=1), HELD),  # the checks are not a day apart
        (30 * HOUR, 54 * HOUR, PROBATION),
    ],
)
def test_it_takes_the_minimum_time_and_two_good_checks_a_day_apart(first, second, state):
    assert next_hold(next_hold(HOLD, facts(first)), facts(second)).state is state


@pytest.mark.parametrize(
    "rates",
    [Rates(Rate(2, 100), Rate()), Rates(Rate(1, 100), Rate(1, 1000))],
)
def test_a_check_at_either_line_is_not_good_and_breaks_the_row(rates):
    once_good = next_hold(HOLD, facts(5 * DAY))
    broken = next_hold(once_good, facts(5.5 * DAY, rates))

    assert broken.good_since is None
    assert next_hold(broken, facts(7 * DAY)).state is HELD


@pytest.mark.parametrize("rates", [Rates(Rate(199, 10_000), Rate()), Rates(Rate(), Rate(99, 100_000))])
def test_just_below_both_lines_is_good(rates):
    assert next_hold(next_hold(HOLD, facts(3 * DAY, rates)), facts(4 * DAY, rates)).state is PROBATION


def test_a_silent_week_opens_probation_and_nothing_more():
    silent = facts(7 * DAY, Rates(), sent=0)
    after = next_hold(HOLD, silent)

    assert after.state is PROBATION
    assert next_hold(after, facts(14 * DAY, Rates(), sent=0)) == after


@pytest.mark.parametrize(
    ("after", "level", "state"),
    [
        (24 * HOUR, Level.ELEVATED, PROBATION),
        (24 * HOUR - timedelta(seconds=1), Level.ELEVATED, HELD),
        (24 * HOUR, Level.CRITICAL, HELD),
    ],
)
def test_an_owners_word_opens_probation_after_a_day_unless_it_is_critical(after, level, state):
    said = replace(bad(after, level), said_fixed=True)

    assert next_hold(HOLD, said).state is state
    complained = replace(said, bounce_level=Level.OK, complaint_level=level)
    assert next_hold(HOLD, complained).state is state


@pytest.mark.parametrize("wrong", [{"is_connected": False}, {"is_domain_paused": True}])
def test_nothing_opens_while_it_is_cut_off_or_its_domain_is_paused(wrong):
    almost = next_hold(HOLD, facts(5 * DAY))

    assert next_hold(almost, facts(8 * DAY, sent=0, said_fixed=True, **wrong)).state is HELD


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (19 * ".", PROBATION),
        (20 * ".", NONE),
        (19 * "." + "s.", NONE),
        (19 * "." + "x" + 19 * ".", PROBATION),
        (19 * "." + "x" + 20 * ".", NONE),
        ("x" + 20 * "." + "x", NONE),
        ("x" + 19 * "." + "x", HELD),
        ("xx", HELD),
        ("x", PROBATION),
    ],
)
def test_probation_takes_twenty_clean_sends_in_a_row_and_bears_one_failure(text, state):
    assert next_hold(ON_PROBATION, facts(DAY, attempts=sent(text))).state is state


def test_sends_from_before_a_probation_do_not_count_in_it():
    before = sent(30 * ".", since=-DAY)

    assert next_hold(ON_PROBATION, facts(attempts=before)) == ON_PROBATION
    assert clean_run(ON_PROBATION, before + sent("..x...s.")) == 4


def test_any_complaint_ends_a_probation():
    after = next_hold(ON_PROBATION, facts(DAY, attempts=sent(20 * "."), complaints=1))

    assert (after.state, after.causes, after.minimum) == (HELD, {HoldCause.COMPLAINT}, 96 * HOUR)


def test_what_joins_a_hold_is_remembered_as_its_cause():
    after = next_hold(HOLD, facts(DAY, complaint_level=Level.ELEVATED))

    assert after.causes == {HoldCause.BOUNCE, HoldCause.COMPLAINT}


def test_asking_twice_changes_nothing():
    for hold, asked in [(NO_HOLD, bad()), (HOLD, facts(DAY)), (ON_PROBATION, facts(attempts=sent("x")))]:
        once = next_hold(hold, asked)
        assert next_hold(once, asked) == once


def test_each_state_says_what_leads_out_of_it():
    assert way_out(NO_HOLD, 0) == "Nothing is held."
    assert "under 2 % and complaints under 0.1 % on two checks a day apart" in way_out(HOLD, 0)
    assert way_out(ON_PROBATION, 12) == "Ends after 20 clean sends in a row, of which 12 are done."
