"""Days of 23 and 25 hours, clocks that jump and zones that change: nothing gives an inbox a second budget."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from nimbus.clock import local_day
from nimbus.database import transaction
from nimbus.models import Send, Workspace
from nimbus.services.send_ledger import begin_body, claim_next, mark_sent
from nimbus.services.workspace_settings import change_workspace
from tests.factories import make_email_account
from tests.services.sends import counts, differences, queue, send_next, states

LIMIT = 3


@pytest.fixture
def inbox(acme, at):
    at("2026-01-01T00:00")
    return make_email_account(acme, "ivy@acme.test", daily_send_limit=LIMIT)


def zone(workspace_id, name):
    with transaction() as session:
        session.get_one(Workspace, workspace_id).timezone = name


def send_all(workspace_id, inbox) -> int:
    """How many leave of more than enough that are due."""
    queue(workspace_id, inbox, 2 * LIMIT)
    with transaction() as session:
        session.execute(
            sa.update(Send).where(Send.state == "queued").values(due_at=datetime(2026, 1, 1, tzinfo=UTC))
        )
    sent = 0
    while send_next(workspace_id, inbox):
        sent += 1
    return sent


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)],
    ids=["short", "long", "plain"],
)
def test_every_hour_of_a_day_shares_one_budget_however_long_it_is(acme, inbox, at, clock, day, hours):
    zone(acme, "Europe/Berlin")
    begin = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)

    at((begin - timedelta(seconds=5)).isoformat()[:19])
    assert send_all(acme, inbox) == LIMIT
    for hour in range(hours):
        at((begin + timedelta(hours=hour, seconds=5)).isoformat()[:19])
        assert send_all(acme, inbox) == (LIMIT if hour == 0 else 0)
    at((begin + timedelta(hours=hours, seconds=5)).isoformat()[:19])
    assert send_all(acme, inbox) == LIMIT
    assert list(counts(inbox)) == [date.fromisoformat(day) + timedelta(days=each) for each in (-1, 0, 1)]


@pytest.mark.parametrize("jumps", [(-1,), (1, 0), (1, -1, 0), (-1, 1, 0, 1)])
def test_a_clock_that_jumps_by_days_gives_no_day_twice(acme, inbox, at, jumps):
    noon = datetime(2026, 5, 5, 12, tzinfo=UTC)
    zone(acme, "UTC")
    at(noon.isoformat()[:19])
    sent = send_all(acme, inbox)

    for jump in jumps:
        at((noon + timedelta(days=jump)).isoformat()[:19])
        sent += send_all(acme, inbox)

    used = counts(inbox)
    assert set(used.values()) == {(LIMIT, 0)}
    assert sent == LIMIT * len(used)
    assert min(used) == noon.date()
    assert differences() == []


def test_after_a_clock_went_back_campaigns_wait_for_the_day_and_a_persons_mail_counts_in_it(acme, inbox, at):
    zone(acme, "UTC")
    at("2026-05-05T12:00:00")
    send_all(acme, inbox)

    at("2026-05-04T12:00:00")
    [waiting] = queue(acme, inbox)
    queue(acme, inbox, kind="manual")

    assert send_next(acme, inbox)
    assert claim_next(acme, inbox, "w") is None
    assert counts(inbox) == {date(2026, 5, 5): (LIMIT + 1, 0)}
    with transaction() as session:
        assert session.get_one(Send, waiting).due_at == datetime(2026, 5, 5, tzinfo=UTC)


def test_what_was_claimed_before_midnight_settles_in_the_day_it_was_taken_from(acme, inbox, at):
    zone(acme, "UTC")
    at("2026-05-05T23:59:58")
    queue(acme, inbox, 2)
    claimed = claim_next(acme, inbox, "w")

    at("2026-05-06T00:00:03")
    assert begin_body(claimed, b"message")
    assert mark_sent(claimed, "250 ok")

    assert counts(inbox) == {date(2026, 5, 5): (1, 0)}


@pytest.mark.parametrize("zones", [["Pacific/Kiritimati"], ["Asia/Kolkata", "UTC"], ["Pacific/Pago_Pago"]])
def test_another_zone_gives_nobody_a_second_budget(acme, inbox, asker, at, zones):
    zone(acme, "UTC")
    at("2026-05-05T22:30:00")
    assert send_all(acme, inbox) == LIMIT

    for name in zones:
        change_workspace(asker, name="Acme", timezone=name)
        assert send_all(acme, inbox) == 0


def test_a_zone_chosen_by_mistake_and_put_right_leaves_what_is_left_of_the_day(acme, inbox, asker, at):
    zone(acme, "UTC")
    at("2026-05-05T22:30:00")
    queue(acme, inbox)
    assert send_next(acme, inbox)

    change_workspace(asker, name="Acme", timezone="Pacific/Kiritimati")
    change_workspace(asker, name="Acme", timezone="UTC")

    assert send_all(acme, inbox) == LIMIT - 1
    assert counts(inbox) == {date(2026, 5, 5): (LIMIT, 0)}


def test_the_new_zones_next_midnight_brings_the_next_budget(acme, inbox, asker, at):
    zone(acme, "UTC")
    at("2026-05-05T22:30:00")
    send_all(acme, inbox)
    change_workspace(asker, name="Acme", timezone="Asia/Kolkata")

    at("2026-05-06T18:29:55")
    assert send_all(acme, inbox) == 0
    at("2026-05-06T18:30:05")
    assert send_all(acme, inbox) == LIMIT


def test_zones_that_change_while_others_claim_never_add_to_a_day(app, acme, asker, at, at_once):
    zone(acme, "UTC")
    at("2026-05-05T12:00:00")
    inbox = make_email_account(acme, "zoe@acme.test", daily_send_limit=LIMIT)
    queue(acme, inbox, 20)

    def act(number):
        if number == 0:
            return change_workspace(asker, name="Acme", timezone="Pacific/Kiritimati")
        return claim_next(acme, inbox, f"w{number}")

    got = at_once(act, 12)

    assert [each for each in got if isinstance(each, Exception)] == []
    assert states(inbox)["claimed"] <= LIMIT
    assert all(sum(used) <= LIMIT for used in counts(inbox).values())
    today = local_day(datetime(2026, 5, 5, 12, tzinfo=UTC), "Pacific/Kiritimati")
    assert sum(counts(inbox).get(today, (0, 0))) == LIMIT
