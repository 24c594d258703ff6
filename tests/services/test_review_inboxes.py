"""A look at the inboxes keeps what it finds, once, with what was before and after it and why."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import CooldownRow, EmailAccountHealth, HealthDay, HealthEvent, InboxHealthState, Workspace
from nimbus.services.cool_down import cool_until
from nimbus.services.count_events import count_events
from nimbus.services.review_inboxes import review_inboxes
from tests.factories import make_email_account, make_inbox_day, reload
from tests.services.hearing import hear

DAY = timedelta(days=1)


def look(workspace_id, **how):
    count_events(workspace_id)
    return review_inboxes(workspace_id, **how)


def account(account_id):
    return reload(EmailAccountHealth, account_id)


def told(account_id, kind):
    db.session.rollback()
    mine = HealthEvent.account_id == account_id
    found = sa.select(HealthEvent).where(mine, HealthEvent.kind == kind).order_by(HealthEvent.id)
    return [(event.before, event.after) for event in db.session.scalars(found)]


def was(workspace_id, account_id, *, days_ago=1, **values):
    """How an inbox stood at the end of a day."""
    day = local_day(now(), "Europe/Paris") - days_ago * DAY
    usual = {"score": 90, "reputation": 90, "stage": 3, "limit": 20}
    usual |= dict.fromkeys(("was_held", "was_cooling", "was_domain_paused"), False)
    row = {"workspace_id": workspace_id, "account_id": account_id, "day": day}
    with transaction() as session:
        session.add(HealthDay(**row | usual | values))


def test_an_inbox_that_has_sent_nothing_is_judged_once_a_day_and_mints_nothing(acme, ava, clock):
    assert look(acme) == 1
    seen = account(ava)
    assert (seen.overall_score, seen.bounce_of, seen.current_stage, seen.daily_send_limit) == (70, 0, 3, 20)
    version = seen.health_version

    assert look(acme) == 0
    clock.advance(days=1)
    assert look(acme) == 1
    assert account(ava).health_version == version
    assert told(ava, "score") == [("", "70")]


@pytest.mark.claim("C27", partly=True)
def test_a_bad_list_holds_one_inbox_and_leaves_the_others_alone(acme, ava):
    other = make_email_account(acme, "bob@acme.test")
    hear(acme, ava, "sent", times=34, ago=timedelta(hours=3))
    failed = hear(acme, ava, "sent", "permanent", times=6)

    look(acme)

    held, free = account(ava), account(other)
    assert (held.hold_state, held.overall_score, held.cooldown_kind) == ("held", 40, "bounce_burst")
    assert (held.bounce_count, held.bounce_of, held.rates_basis) == (6, 40, "production")
    assert held.stage_sentence.startswith("Held at 1: bounce rate CRITICAL")
    assert held.score_record["caps"][0]["code"] == "BOUNCE_CRITICAL"
    assert told(ava, "hold") == [("none", "held")]
    assert told(ava, "stage") == [("3", "1")]
    assert (free.hold_state, free.cooldown_until, free.current_stage) == ("none", None, 3)
    [row] = db.session.scalars(sa.select(CooldownRow)).all()
    assert (len(row.events), row.events[0]) == (6, f"send:{failed[0]}")
    assert reload(HealthDay, (ava, local_day(now(), "Europe/Paris"))).was_held


def test_looking_again_and_together_changes_nothing_more(acme, ava, at_once):
    hear(acme, ava, "sent", "permanent", times=6)
    count_events(acme)

    at_once(lambda _number: review_inboxes(acme), 4)
    version = account(ava).health_version
    look(acme, only_dirty=False)

    assert account(ava).health_version == version
    assert [told(ava, kind) for kind in ("hold", "cooldown")] == [[("none", "held")], [("", "bounce_burst")]]
    assert len(db.session.scalars(sa.select(CooldownRow)).all()) == 1
    assert reload(InboxHealthState, ava).dirty_at is None


def test_warmup_that_lands_in_the_inbox_climbs_stages(acme):
    new = make_email_account(acme, "new@acme.test", current_stage=0)
    hear(acme, new, "sent", "placed_inbox", times=80, stream="warmup")

    look(acme)

    seen = account(new)
    assert (seen.current_stage, seen.warmup_progress) == (2, 13)
    assert seen.stage_sentence == "Stage 3 needs 200 warmup sends, has 80."
    assert told(new, "stage") == [("0", "2")]


def test_a_complaint_is_a_day_out_of_rotation_whoever_told_of_it(acme, ava):
    hear(acme, ava, "sent", times=30)
    [send_id] = hear(acme, ava, "sent", "complaint")

    look(acme)

    [row] = db.session.scalars(sa.select(CooldownRow)).all()
    assert (row.kind, row.events, row.step) == ("complaint", [f"send:{send_id}"], 1)
    assert account(ava).cooldown_until == row.until


@pytest.mark.parametrize(
    ("mode", "used", "limit"), [("automatic", 10, 22), ("automatic", 9, 20), ("manual", 20, 20)]
)
def test_a_healthy_day_raises_a_limit_that_is_not_a_persons_and_was_needed(acme, ava, mode, used, limit):
    with transaction() as session:
        session.get_one(EmailAccountHealth, ava).limit_mode = mode
    was(acme, ava)
    make_inbox_day(acme, ava, sent=used, days_ago=1)

    for _ in range(2):
        look(acme, only_dirty=False)

    assert (account(ava).daily_send_limit, account(ava).effective_limit) == (limit, limit)
    assert told(ava, "limit") == ([("20", "22")] if limit == 22 else [])


def test_another_time_zone_raises_no_limit_twice(acme, ava):
    was(acme, ava)
    make_inbox_day(acme, ava, sent=20, days_ago=1)
    look(acme)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Paris"):
        with transaction() as session:
            session.get_one(Workspace, acme).timezone = zone
            session.execute(sa.update(HealthDay).values(score=90, was_held=False, was_cooling=False))
        look(acme, only_dirty=False)

    assert account(ava).daily_send_limit == 22


def test_a_cooldown_that_is_over_is_gone_with_the_next_look(acme, ava, clock):
    hear(acme, ava, "sent", "complaint")
    look(acme)
    clock.advance(days=8)

    look(acme)

    assert (account(ava).cooldown_until, account(ava).cooldown_kind) == (None, None)


def test_a_look_that_another_overtakes_while_it_reads_ends_no_cooldown(acme, ava, asker, at_once):
    cool_until(asker, ava, now() + timedelta(hours=1))
    look(acme)
    with transaction() as session:
        session.get_one(InboxHealthState, ava).dirty_at = now()
    overtaken = []

    def another_comes(_connection, _cursor, statement, *_):
        if "FROM cooldown" in statement and not overtaken:
            overtaken.append(True)
            assert at_once(lambda _: review_inboxes(acme), 1) == [1]

    sa.event.listen(db.engine, "before_cursor_execute", another_comes)
    review_inboxes(acme)
    sa.event.remove(db.engine, "before_cursor_execute", another_comes)

    assert overtaken
    assert account(ava).cooldown_until is not None


def test_the_number_of_queries_does_not_grow_with_the_fleet(acme, ava):
    def statements():
        seen = []
        listening = (db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        sa.event.listen(*listening)
        review_inboxes(acme, only_dirty=False)
        sa.event.remove(*listening)
        return len(seen)

    hear(acme, ava, "sent", "permanent", times=3)
    count_events(acme)
    alone = statements()
    for number in range(12):
        one = make_email_account(acme, f"in{number}@acme.test", legs=())
        hear(acme, one, "sent", "permanent", times=3)
    count_events(acme)

    assert statements() <= alone + 2  # where rows are written for the first time
