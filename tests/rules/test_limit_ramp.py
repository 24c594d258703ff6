"""The daily limit: raised slowly on healthy days, lowered with the stage, and a person's number is left alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.limit_ramp import (
    LimitMode,
    RampFacts,
    Yesterday,
    back_to_automatic,
    raised_limit,
    ramp,
    save_limit,
    target_limit,
)
from nimbus.rules.mailbox_kinds import MailboxKind
from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import RAMPS, provider_cap

NOW = datetime(2026, 11, 12, 0, 5, tzinfo=UTC)
DAY = timedelta(days=1)
WELL = Yesterday(limit=40, used=20, score=70, was_held=False, was_cooling=False, was_domain_paused=False)
FACTS = RampFacts(
    now=NOW,
    today=NOW.date(),
    kind=MailboxKind.GOOGLE_WORKSPACE,
    stage=5,
    limit=40,
    mode=LimitMode.AUTOMATIC,
    yesterday=WELL,
    raised_on=None,
    raised_at=None,
)
SEQUENCES = {
    MailboxKind.GOOGLE_WORKSPACE: [40, 44, 49, 54, 60, 66, 73, 80],
    MailboxKind.MICROSOFT_365: [30, 32, 34, 37, 40, 43, 46, 49, 50],
    MailboxKind.CONSUMER_GMAIL: [20, 22, 25, 28, 31, 35, 39, 40],
    MailboxKind.CUSTOM_SMTP: [20, 22, 24, 26, 29, 32, 35, 38, 40],
}


@pytest.mark.parametrize(("kind", "expected"), SEQUENCES.items())
def test_healthy_days_raise_the_limit_as_the_model_says(kind, expected):
    facts, limits = replace(FACTS, kind=kind, limit=expected[0]), [expected[0]]
    while (step := ramp(facts)) is not None:
        limits.append(step.limit)
        raised = {"limit": step.limit, "raised_on": facts.today, "raised_at": facts.now}
        well = replace(WELL, limit=step.limit, used=step.limit)
        facts = replace(facts, **raised, yesterday=well, now=facts.now + DAY, today=facts.today + DAY)

    assert limits == expected


@pytest.mark.parametrize(
    ("day", "earned"),
    [
        ({}, True),
        ({"used": 19}, False),
        ({"limit": 41}, False),
        ({"score": 69}, False),
        ({"was_held": True}, False),
        ({"was_cooling": True}, False),
        ({"was_domain_paused": True}, False),
    ],
)
def test_a_raise_is_earned_by_a_healthy_day_whose_limit_was_needed(day, earned):
    step = ramp(replace(FACTS, yesterday=replace(WELL, **day)))

    assert (step is not None) == earned


def test_an_inbox_that_was_not_there_yesterday_is_not_raised():
    assert ramp(replace(FACTS, yesterday=None)) is None


def test_a_day_raises_once_however_often_it_is_looked_at():
    raised = replace(FACTS, limit=44, raised_on=NOW.date(), raised_at=NOW)

    assert ramp(replace(raised, now=NOW + 0.99 * DAY)) is None
    assert ramp(replace(raised, now=NOW + DAY, today=NOW.date() + DAY)).limit == 49


def test_a_day_of_23_hours_raises_as_well():
    new_york, changed = ZoneInfo("America/New_York"), datetime(2026, 3, 8, 5, 5, tzinfo=UTC)
    facts = replace(FACTS, raised_on=changed.astimezone(new_york).date(), raised_at=changed)
    next_day = changed + timedelta(hours=23)

    assert ramp(replace(facts, now=next_day, today=next_day.astimezone(new_york).date())) is not None


def test_another_time_zone_makes_no_second_day_of_one():
    evening = NOW.replace(hour=20)
    facts = replace(FACTS, now=evening, raised_on=evening.date(), raised_at=evening)
    kolkata = ZoneInfo("Asia/Kolkata")

    assert ramp(replace(facts, today=evening.astimezone(kolkata).date())) is None
    later = evening + timedelta(hours=22)
    assert ramp(replace(facts, now=later - timedelta(seconds=1), today=NOW.date() + DAY)) is None
    assert ramp(replace(facts, now=later, today=NOW.date() + DAY)) is not None


def test_a_lower_stage_lowers_the_limit_at_once():
    step = ramp(replace(FACTS, stage=2, limit=80, raised_on=NOW.date(), yesterday=None))

    assert step == (45, "Stage 2 sends 45 a day at most")


def test_a_number_that_a_person_typed_stays():
    typed = replace(FACTS, mode=LimitMode.MANUAL)

    assert ramp(typed) is None
    assert ramp(replace(typed, limit=400, stage=0)) is None


def test_reachinbox_keeps_its_own_number():
    assert ramp(replace(FACTS, kind=MailboxKind.REACHINBOX, limit=500)) is None


def test_at_its_target_a_limit_rests():
    assert ramp(replace(FACTS, limit=80)) is None


def test_a_raise_names_the_day_that_earned_it():
    assert ramp(FACTS) == (44, "A healthy day: 20 of 40 were sent")


@pytest.mark.parametrize(
    ("number", "target", "cap", "saved", "warned"),
    [
        (30, 40, 450, 30, ""),
        (40, 40, 450, 40, ""),
        (41, 40, 450, 41, "More than the 40 a day that its stage is meant for"),
        (400, 20, 450, 400, "More than the 20 a day"),
        (450, None, 450, 450, ""),
        (451, 40, 450, 450, "This mailbox can send 450 a day at most, so 450 was saved."),
        (400, 20, 250, 250, "This mailbox can send 250 a day at most"),
    ],
)
def test_a_typed_number_is_capped_by_the_provider_and_warned_about_above_its_stage(
    number, target, cap, saved, warned
):
    found = save_limit(number, target, cap)

    assert found.limit == saved
    assert (found.warning or "").startswith(warned)
    assert (found.warning is None) == (not warned)


def test_a_small_limit_grows_by_one():
    assert [raised_limit(limit, 20, 0.1) for limit in (0, 1, 5, 10, 11)] == [1, 2, 6, 11, 13]


def test_a_number_given_back_goes_on_from_where_it_is_and_never_above_the_target():
    assert (back_to_automatic(30, 50), back_to_automatic(400, 50)) == (30, 50)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(RAMPS)), st.integers(0, 5), st.integers(0, 100))
def test_a_raise_is_at_least_one_never_doubles_a_real_limit_and_ends_at_the_target(kind, stage, limit):
    target = target_limit(kind, stage)
    if limit < target:
        raised = raised_limit(limit, target, RAMPS[kind].raise_by)
        assert limit < raised <= target
        assert raised < 2 * limit or limit <= 1


@pytest.mark.parametrize(("kind", "domain"), [(Provider.GMAIL, "gmail.com"), (Provider.MICROSOFT, "msn.com")])
def test_no_target_is_above_the_ceiling_of_its_provider(kind, domain):
    assert max(max(ramp.targets) for ramp in RAMPS.values()) <= provider_cap(kind, domain)
