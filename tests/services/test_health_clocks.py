"""No clock, no zone and no number from elsewhere gives an inbox budget or a stage: only what its mail has shown does."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, HealthEvent, InboxDay, InboxHour, Send
from nimbus.services.review_due import review_workspace
from nimbus.services.review_inboxes import review_inboxes
from nimbus.services.send_ledger import claim_next
from nimbus.services.workspace_settings import change_workspace
from tests.factories import make_email_account, make_inbox_day, reload
from tests.services.hearing import hear
from tests.services.sends import queue

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)


def account(account_id):
    return reload(EmailAccountHealth, account_id)


def use_up(workspace_id, account_id, timezone):
    """The whole limit of the day that it is; then a look."""
    day = local_day(now(), timezone)
    with transaction() as session:
        used = session.get(InboxDay, (account_id, day)) or InboxDay(
            workspace_id=workspace_id, account_id=account_id, day=day, reserved=0
        )
        used.sent = session.get_one(EmailAccountHealth, account_id).daily_send_limit
        session.add(used)
    review_inboxes(workspace_id, only_dirty=False)


def raises(account_id):
    db.session.rollback()
    limit = sa.and_(HealthEvent.account_id == account_id, HealthEvent.kind == "limit")
    return db.session.scalar(sa.select(sa.func.count()).where(limit))


@pytest.mark.parametrize("first_day", ["2026-03-29", "2026-10-25"], ids=["23 hours", "25 hours"])
def test_a_longer_or_shorter_day_raises_a_limit_once(acme, at, first_day):
    zone = "Europe/Paris"
    begin = datetime.fromisoformat(first_day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    at(begin.isoformat()[:19])
    ivy, seen = make_email_account(acme, "ivy@acme.test", daily_send_limit=20), set()

    for hours in range(0, 75, 3):
        at((begin + timedelta(hours=hours, minutes=1)).isoformat()[:19])
        seen.add(local_day(now(), zone))
        use_up(acme, ivy, zone)
        assert raises(ivy) == len(seen) - 1
    assert (account(ivy).daily_send_limit, account(ivy).current_stage) == ({3: 24, 4: 26}[len(seen)], 3)


@pytest.mark.parametrize("jumps", [(0, 1, 0, 1), (0, 40, 0, 1), (0, -3, -2, -1, 0), (0, 1, 2, 1, 2, 3)])
def test_a_clock_that_jumps_raises_no_limit_twice_for_a_day_and_no_stage(acme, at, jumps):
    at(NOON.isoformat()[:19])
    ivy, newest = make_email_account(acme, "ivy@acme.test", daily_send_limit=20), 0
    hear(acme, ivy, "sent", "placed_inbox", times=199, stream="warmup")
    for days in jumps:
        at((NOON + timedelta(days=days)).isoformat()[:19])
        newest += days > max([0, *jumps[: jumps.index(days)]])
        use_up(acme, ivy, "Europe/Paris")
        review_workspace(acme)

        assert raises(ivy) <= newest + len([1 for each in jumps if each < 0])
        assert account(ivy).current_stage <= 3


@pytest.mark.parametrize("zones", [["Pacific/Kiritimati", "Pacific/Pago_Pago"], ["Asia/Kolkata", "UTC"]])
def test_another_zone_adds_neither_a_budget_nor_a_raise(acme, asker, at, zones):
    at("2026-05-05T22:30:00")
    change_workspace(asker, name="Acme", timezone="UTC")
    ivy, sent = make_email_account(acme, "ivy@acme.test", daily_send_limit=10), 0
    queue(acme, ivy, 40)
    for zone in ["UTC", *zones, "UTC"]:
        change_workspace(asker, name="Acme", timezone=zone)
        review_inboxes(acme, only_dirty=False)
        with transaction() as session:
            session.execute(sa.update(Send).where(Send.state == "queued").values(due_at=now()))
        while claim_next(acme, ivy, "w"):
            sent += 1

    assert (sent, raises(ivy), account(ivy).daily_send_limit) == (10, 0, 10)


def test_bare_rates_from_elsewhere_make_neither_a_stage_nor_a_budget(acme):
    imported = {"bounce_rate_7d": 0.01, "overall_score": 95, "reputation_score": 96, "warmup_progress": 100}
    ivy = make_email_account(acme, "ivy@acme.test", current_stage=1, daily_send_limit=20, **imported)
    make_inbox_day(acme, ivy, sent=20, days_ago=1)

    review_workspace(acme)

    seen = account(ivy)
    assert (seen.current_stage, seen.daily_send_limit, seen.effective_limit) == (1, 20, 20)
    assert (seen.overall_score, seen.warmup_progress, seen.bounce_of) == (70, 0, 0)


@pytest.mark.claim("C66", partly=True)
def test_a_stored_number_stays_and_what_is_used_is_its_providers_ceiling(acme):
    typed = {"daily_send_limit": 400, "limit_mode": "manual", "provider": "gmail"}
    ivy = make_email_account(acme, "ivy@gmail.com", legs=(), **typed)
    review_workspace(acme)
    assert account(ivy).effective_limit == 400
    with transaction() as session:
        session.get_one(EmailAccountHealth, ivy).is_personal = True
        session.add(InboxHour(workspace_id=acme, account_id=ivy, hour=_hour(-3), used=248))
    review_inboxes(acme, only_dirty=False)
    queue(acme, ivy, 4)

    taken = [claim_next(acme, ivy, "w") is not None for _ in range(3)]

    assert (account(ivy).daily_send_limit, account(ivy).effective_limit) == (400, 250)
    assert taken == [True, True, False]  # the 24 hours before midnight count as well


def _hour(hours):
    return now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
