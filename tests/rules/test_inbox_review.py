"""One look at an inbox: the same facts give the same verdict, and nothing comes of nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nimbus.rules.cooldown_kinds import CooldownKind
from nimbus.rules.health_hold import HoldCause, HoldState
from nimbus.rules.inbox_review import review
from nimbus.rules.levels import Level
from nimbus.rules.limit_ramp import Yesterday, raised_limit
from nimbus.rules.outcomes import Attempt, Outcome, Stream
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rates import Basis, Rate, Tally, imported_rates
from nimbus.rules.stage_gates import Unseen
from tests.rules.life import DAY, Life

USED_UP = Yesterday(limit=40, used=40, score=90, was_held=False, was_cooling=False, was_domain_paused=False)


def at_evening(**what):
    """An inbox before its first look, and the facts of that evening."""
    life = Life()
    life.day(warmup="", **what)
    return life.inbox, replace(life.facts, warmup_sends=5000, placement=Placement(58, 60))


def bursting(facts, failures=3):
    morning = facts.now - timedelta(hours=9)
    sent = [
        Attempt(morning + n * timedelta(minutes=1), Stream.PRODUCTION, Outcome.PERMANENT)
        for n in range(failures)
    ]
    return replace(facts, attempts=sent)


def test_an_inbox_without_a_history_has_a_score_no_rate_and_no_stage():
    life = Life()
    life.day(warmup="")
    found = life.seen

    assert (found.inbox.stage, found.overall.score, found.reputation.score) == (0, 80, 70)
    assert (found.rates.bounce.value, found.rates.bounce.of, found.rates.basis) == (0.0, 0, Basis.ALL)
    assert found.changes == ()


@pytest.mark.parametrize(("bounce", "state"), [(0.04, HoldState.NONE), (0.05, HoldState.HELD)])
def test_an_import_with_bare_rates_is_judged_and_mints_nothing(bounce, state):
    inbox, facts = at_evening()
    rates = imported_rates(bounce, 0.0)
    week = facts.week._replace(imported=rates)
    found = review(inbox, replace(facts, week=week, judged=week, warmup_sends=0, placement=Unseen()))

    assert (found.inbox.stage, found.inbox.limit, found.inbox.hold.state) == (0, inbox.limit, state)
    assert found.rates.bounce.in_words() == f"{100 * bounce:.1f} % ({100 * bounce:.0f} of 100)"


A_DAY = st.fixed_dictionaries(
    {
        "production": st.text("....xcs", max_size=25),
        "warmup": st.text("....x", max_size=25),
        "spam": st.sampled_from([0.0, 0.3, 0.8]),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([0, 12, 30]), st.lists(A_DAY, max_size=6), st.sampled_from(ConnectionState))
def test_looking_again_changes_nothing_whatever_an_inbox_has_been_through(clean, days, connection):
    life = Life()
    life.days(clean)
    life.connection = connection
    for day in [{}, *days]:
        life.day(**day)
        again = review(life.inbox, life.facts)

        assert (again.inbox, again.overall, again.changes) == (life.inbox, life.seen.overall, ())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-60, 60), max_size=10))
def test_however_a_clock_jumps_no_day_raises_a_limit_twice(jumps):
    inbox, facts = at_evening()
    newest = facts.today - DAY
    for hours in [0, *jumps]:
        moment = facts.now + timedelta(hours=hours)
        facts = replace(facts, now=moment, today=moment.date(), last_mail_at=None)
        facts = replace(facts, yesterday=replace(USED_UP, limit=inbox.limit, used=inbox.limit))
        before, inbox = inbox.limit, review(inbox, facts).inbox
        if inbox.limit != before:
            assert (inbox.limit, facts.today > newest) == (raised_limit(before, 60, 0.1), True)
            newest = facts.today
    assert inbox.stage == 4


@settings(max_examples=20, deadline=None)
@given(st.integers(-20_000, 20_000), st.sampled_from([0, 19, 75, 400, 5000]))
def test_no_clock_makes_a_stage(hours, sends):
    inbox, facts = at_evening()
    facts = replace(facts, warmup_sends=sends, last_mail_at=None)
    moved = replace(facts, now=facts.now + timedelta(hours=hours), today=facts.today + hours // 24 * DAY)

    assert review(inbox, moved).inbox.stage == review(inbox, facts).inbox.stage


def test_a_burst_starts_one_cooldown_however_late_its_last_bounces_come_in():
    inbox, facts = at_evening()
    first = review(inbox, bursting(facts))
    later = review(first.inbox, bursting(replace(facts, now=facts.now + timedelta(hours=5)), 3))

    assert [each.kind for each in first.inbox.cooldowns] == [CooldownKind.BOUNCE_BURST]
    assert later.inbox.cooldowns == first.inbox.cooldowns


def test_a_cooldown_that_its_mail_calls_for_stops_a_promotion_in_the_same_look():
    inbox, facts = at_evening()
    found = review(inbox, bursting(facts))

    assert review(inbox, facts).inbox.stage == 4
    assert (found.inbox.stage, found.stage_sentence) == (0, "Held at 0: cooldown after a bounce burst.")


def test_placement_that_stays_low_starts_the_next_cooldown_when_the_last_one_is_over():
    inbox, facts = at_evening()
    low, steps = replace(facts, placement=Placement(9, 20)), []
    for _ in range(12):
        inbox = review(inbox, low).inbox
        steps.append(inbox.cooldowns[-1].step)
        low = replace(low, now=low.now + DAY)

    assert steps == [1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3]


def test_every_change_is_told_with_before_after_and_the_counts_behind_it():
    life = Life()
    life.days(30)
    life.day(production=94 * "." + "xxxxxx")
    changes = {change.what: change for change in life.seen.changes}

    cause = "Bounces 6.0 % (6 of 100), complaints 0.0 % (0 of 94), production mail of 7 days"
    assert changes["hold"] == ("hold", "none", "held", cause)
    assert changes["cooldown"] == ("cooldown", "", "bounce_burst", f"{cause}; step 1")
    life = Life()
    life.days(4)
    [promoted] = life.seen.changes
    assert promoted == ("stage", "0", "1", "23 warmup sends, reputation 77, 23 of 23 in the inbox")


def test_a_path_without_placement_says_so_in_the_log():
    inbox, facts = at_evening()
    found = review(inbox, replace(facts, placement=Unseen()))

    assert found.changes[0].cause.endswith("placement unseen")
    assert found.overall.blend.shares[2].part.text == (
        "Inbox placement: does not exist for this kind of inbox"
    )


def test_two_complaints_hold_an_inbox_and_are_told_as_the_cause():
    inbox, facts = at_evening()
    week = facts.week._replace(production=Tally(200, 4, 2))
    found = review(inbox, replace(facts, week=week, judged=week))

    assert found.inbox.hold.causes == {HoldCause.COMPLAINT}
    assert (found.bounce_level, found.complaint_level) == (Level.WATCH, Level.ELEVATED)
    assert [cap.code for cap in found.overall.caps] == ["COMPLAINT_ELEVATED"]
    assert found.stage_sentence == "Held at 0: complaint rate ELEVATED."


def test_only_the_mail_since_the_last_probation_is_judged_and_all_of_it_is_shown():
    inbox, facts = at_evening()
    week = facts.week._replace(production=Tally(100, 5))
    found = review(inbox, replace(facts, week=week, judged=week._replace(production=Tally(40))))

    assert (found.rates.bounce, found.bounce_level) == (Rate(5, 100), Level.OK)
    assert found.inbox.hold.state is HoldState.NONE


def test_reputation_counts_the_same_mail_as_the_rates():
    inbox, facts = at_evening()
    week = facts.week._replace(production=Tally(20), warmup=Tally(150, 9))
    days = [facts.days[0]._replace(production=Tally(20), warmup=Tally(150, 9))]
    production = review(inbox, replace(facts, week=week, judged=week, days=days))
    few = week._replace(production=Tally(19))
    everything = review(inbox, replace(facts, week=few, judged=few, days=days))

    assert production.reputation.score > 70 > everything.reputation.score
