"""However many claim at once, no inbox sends one more than its limit, and the ledger equals the rows."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, InboxHour, Suppression
from nimbus.services.send_ledger import claim_next, put_back, reap
from tests.factories import make_email_account, make_inbox_day
from tests.services.claiming import claim_all, make_inboxes, watched
from tests.services.sends import counts, differences, queue, send_next, states


def set_limit(account_id, limit):
    with transaction() as session:
        session.execute(
            sa.update(EmailAccountHealth)
            .where(EmailAccountHealth.id == account_id)
            .values(daily_send_limit=limit)
        )


def test_32_workers_take_exactly_what_each_inbox_may_send_day_after_day(app, acme, clock):
    clock.advance(hours=(27 - clock.now().hour) % 24)  # three in the morning: no day ends within a round
    inboxes = make_inboxes(acme, [1, 2, 3, 4, 5] * 20, sends=30)

    with watched(app) as over:
        for day in range(5):
            became = claim_all(app, acme, inboxes, workers=32, seed=day)
            held = {inbox: sum(n for (of, _), n in became.items() if of == inbox) for inbox in inboxes}
            assert held == inboxes
            clock.advance(days=1)

    assert over == []
    assert all(sum(used) == limit for box, limit in inboxes.items() for used in counts(box).values())
    assert differences() == []


def test_what_is_refused_or_left_behind_comes_back_once_and_no_more(app, acme, clock):
    inboxes = make_inboxes(acme, [5] * 4, sends=30)
    for seed in range(6):
        claim_all(app, acme, inboxes, workers=8, seed=seed, refused=0.4)
        clock.advance(minutes=2)
        reap()

    assert all(sent <= limit for inbox, limit in inboxes.items() for sent, _ in counts(inbox).values())
    assert differences() == []


def test_the_last_place_goes_to_one_of_32(acme, at_once):
    inbox = make_email_account(acme, daily_send_limit=40)
    make_inbox_day(acme, inbox, sent=39)
    queue(acme, inbox, 32)

    got = at_once(lambda number: claim_next(acme, inbox, f"w{number}"), 32)

    assert [each for each in got if isinstance(each, Exception)] == []
    assert sum(each is not None for each in got) == 1
    assert counts(inbox).popitem()[1] == (39, 1)


def test_many_workers_at_one_inbox_never_take_the_same_message(acme, at_once):
    inbox = make_email_account(acme, daily_send_limit=100)
    queue(acme, inbox, 40)

    got = at_once(lambda number: [claim_next(acme, inbox, f"w{number}") for _ in range(3)], 16)

    ids = [each.id for few in got for each in few if each]
    assert len(ids) == len(set(ids)) == 40
    assert differences() == []


def test_the_first_claims_of_a_day_make_its_row_once(acme, at_once):
    inbox = make_email_account(acme, daily_send_limit=3)
    queue(acme, inbox, 10)

    got = at_once(lambda number: claim_next(acme, inbox, f"w{number}"), 10)

    assert sum(each is not None for each in got) == 3
    assert counts(inbox).popitem()[1] == (0, 3)


def test_a_limit_lowered_meanwhile_holds_from_the_next_claim(acme, ava):
    queue(acme, ava, 5)
    assert send_next(acme, ava)
    assert send_next(acme, ava)

    set_limit(ava, 2)

    assert not send_next(acme, ava)
    set_limit(ava, 3)
    assert states(ava) == {"sent": 2, "queued": 3}


def test_a_limit_lowered_while_others_claim_is_never_exceeded_after(app, acme):
    inboxes = make_inboxes(acme, [50], sends=120)
    [inbox] = inboxes
    with ThreadPoolExecutor(1) as pool:
        claiming = pool.submit(claim_all, app, acme, inboxes, workers=8)
        set_limit(inbox, 5)
        used = sum(map(sum, counts(inbox).values()))
        claiming.result()

    assert sum(map(sum, counts(inbox).values())) <= max(5, used)
    assert differences() == []


def test_an_inbox_without_a_limit_sends_no_campaign_and_a_person_still_writes(acme):
    inbox = make_email_account(acme, daily_send_limit=0)
    queue(acme, inbox, 2)
    queue(acme, inbox, kind="manual")

    assert send_next(acme, inbox)
    assert not send_next(acme, inbox)
    assert states(inbox) == {"sent": 1, "queued": 2}


def test_what_a_person_writes_counts_and_leaves_less_for_campaigns(acme):
    inbox = make_email_account(acme, daily_send_limit=2)
    queue(acme, inbox, 3, kind="manual", due_at=now())
    queue(acme, inbox, 1)

    assert [send_next(acme, inbox) for _ in range(4)] == [True, True, True, False] or states(inbox)[
        "sent"
    ] == 4
    assert differences() == []


def test_the_ceiling_over_24_hours_is_never_passed_by_claims_at_once(acme, at_once):
    inbox = make_email_account(acme, "ava@outlook.com", daily_send_limit=1000)
    hour = now().replace(minute=0, second=0, microsecond=0)
    with transaction() as session:
        session.add(InboxHour(workspace_id=acme, account_id=inbox, hour=hour, used=265))
    queue(acme, inbox, 20, kind="manual")

    got = at_once(lambda number: claim_next(acme, inbox, f"w{number}"), 16)

    assert sum(each is not None for each in got) == 5


def test_an_address_suppressed_meanwhile_is_written_to_no_more(acme, ava, at_once):
    sends = queue(acme, ava, 15, recipient="Ann@Beta.test")
    first = claim_next(acme, ava, "w")
    with transaction() as session:
        session.add(Suppression(workspace_id=acme, email="ann@beta.test", reason="opt_out", created_at=now()))

    got = at_once(lambda number: claim_next(acme, ava, f"w{number}"), 8)

    assert got == [None] * 8
    assert put_back(first, due_at=now(), category=None, sentence="Suppressed.")
    assert claim_next(acme, ava, "w") is None
    assert states(ava) == {"failed": len(sends)}
    assert differences() == []


@pytest.mark.parametrize("verdicts", [1, 2])
def test_two_verdicts_at_once_settle_the_budget_once(acme, ava, at_once, verdicts):
    queue(acme, ava)
    claimed = claim_next(acme, ava, "w")

    said = at_once(lambda _: put_back(claimed, due_at=now(), category=None, sentence="Stop."), verdicts * 4)

    assert said.count(True) == 1
    assert counts(ava) == {claimed.day: (0, 0)}
