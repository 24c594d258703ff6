"""Workers that are killed, stand still or come back late: nothing is lost, nothing leaves twice, doubt is counted."""

import os
import signal
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import Send
from nimbus.rules.send_answers import Category
from nimbus.rules.send_state import LEASE
from nimbus.services.send_ledger import (
    begin_body,
    claim_next,
    mark_ambiguous,
    mark_failed,
    mark_sent,
    put_back,
    reap,
    renew,
)
from tests.factories import reload
from tests.rotating.children import ended, in_child
from tests.services.sends import counts, differences, in_data, queue, send_next, states

FROZEN = LEASE.total_seconds() + 1
POINTS = (
    28  # both ends of every BEGIN, statement and COMMIT of a send on SQLite; Postgres has no BEGIN of ours
)


def dies_at(point):
    """This process is killed before or after its n-th call of the driver, counted from now on, if it gets that far."""
    reap()  # opening the connection is no part of it
    left = point

    def called(frame, event, argument):
        nonlocal left
        name = argument.__name__ if event.startswith("c_") else frame.f_code.co_name
        driver = event.startswith("c_") or "/psycopg/" in frame.f_code.co_filename
        if driver and name in {"execute", "commit"}:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(called)


@pytest.mark.parametrize("point", range(1, POINTS + 1))
def test_worker_killed_at_any_statement_loses_and_doubles_nothing(app, acme, ava, clock, point):
    queue(acme, ava, 2)

    def work():
        dies_at(point)
        send_next(acme, ava, "doomed")

    code = ended(in_child(app, work))

    assert differences() == []
    before = states(ava)
    clock.advance(seconds=FROZEN)
    reap()
    assert differences() == []
    while send_next(acme, ava, "second"):
        pass
    assert code in {0, -signal.SIGKILL}
    assert states(ava) == {"sent": 2 - before["in_data"]} | ({"ambiguous": 1} if before["in_data"] else {})
    assert differences() == []


def test_that_sweep_of_points_meets_every_state_and_reaches_the_end(app, acme, ava):
    seen = set()
    for point in range(1, 40):
        [send_id] = queue(acme, ava, kind="manual")

        def work(point=point):
            dies_at(point)
            send_next(acme, ava)

        code = ended(in_child(app, work))
        seen.add(reload(Send, send_id).state)
        with transaction() as session:
            session.execute(sa.delete(Send).where(Send.id == send_id))
        if code == 0:
            break

    assert code == 0
    assert point <= POINTS + 1
    assert seen == {"queued", "claimed", "in_data", "sent"}


def test_a_claim_of_a_dead_worker_comes_back_within_its_lease_and_a_minute(acme, ava, clock):
    [send_id] = queue(acme, ava)
    claimed = claim_next(acme, ava, "dead")

    clock.advance(seconds=LEASE.total_seconds() - 2)
    assert reap() == 0
    clock.advance(seconds=62)
    assert reap() == 1

    send = reload(Send, send_id)
    assert (send.state, send.owner, send.attempts, send.day) == ("queued", None, 0, None)
    assert counts(ava) == {claimed.day: (0, 0)}
    assert send.timeline[-1][1:3] == ["queued", send.reason]
    assert send_next(acme, ava, "living")


def test_a_body_that_may_have_left_is_doubtful_and_counted_and_never_sent_again(acme, ava, clock):
    queue(acme, ava)
    claimed = in_data(acme, ava, "dead")
    clock.advance(seconds=FROZEN)

    assert reap() == 1

    send = reload(Send, claimed.id)
    assert (send.state, send.timeline[-1][1]) == ("ambiguous", "ambiguous")
    assert send.next_look_at - now() <= timedelta(minutes=1)
    assert counts(ava) == {claimed.day: (1, 0)}
    assert reap() == 0
    assert claim_next(acme, ava, "w") is None


def test_reapers_at_once_take_each_send_back_once(acme, ava, clock, at_once):
    queue(acme, ava, 8)
    for _ in range(4):
        claim_next(acme, ava, "dead")
        in_data(acme, ava, "dead")
    clock.advance(seconds=FROZEN)

    taken = at_once(lambda _: reap(), 4)

    assert sum(taken) == 8
    assert states(ava) == {"queued": 4, "ambiguous": 4}
    assert counts(ava).popitem()[1] == (4, 0)
    assert differences() == []


def test_a_reaper_and_a_worker_that_renews_never_both_win(acme, ava, clock, at_once):
    queue(acme, ava)
    claimed = claim_next(acme, ava, "slow")
    clock.advance(seconds=FROZEN)

    *others, began = at_once(lambda n: begin_body(claimed, b"message") if n == 3 else reap(), 4)

    assert not began
    assert sum(others) == 1
    assert states(ava) == {"queued": 1}


def test_the_late_word_of_the_worker_that_had_it_ends_the_doubt(acme, ava, clock):
    queue(acme, ava)
    claimed = in_data(acme, ava, "late")
    clock.advance(seconds=FROZEN)
    reap()

    assert mark_sent(claimed, "250 2.0.0 Ok")

    send = reload(Send, claimed.id)
    assert (send.state, send.next_look_at, send.server_line) == ("sent", None, "250 2.0.0 Ok")
    assert [line[1] for line in send.timeline] == ["claimed", "in_data", "ambiguous", "sent"]
    assert counts(ava) == {claimed.day: (1, 0)}
    assert differences() == []


@pytest.mark.parametrize("refused", ["for now", "for good"])
def test_a_late_refusal_gives_back_what_the_doubt_had_used(acme, ava, clock, refused):
    queue(acme, ava)
    claimed = in_data(acme, ava, "late")
    clock.advance(seconds=FROZEN)
    reap()

    if refused == "for now":
        assert put_back(
            claimed, due_at=now(), category=Category.SOFT_TEMP, sentence="Later.", line="451 later"
        )
    else:
        assert mark_failed(claimed, Category.BLOCK_CONTENT, "Refused.", "554 no")

    assert counts(ava) == {claimed.day: (0, 0)}
    assert differences() == []


def test_a_late_word_changes_nothing_that_somebody_has_decided(acme, ava, clock):
    queue(acme, ava)
    claimed = in_data(acme, ava, "late")
    clock.advance(seconds=FROZEN)
    reap()
    with transaction() as session:
        session.execute(sa.update(Send).values(resolved_by="Ada"))

    assert not mark_sent(claimed, "250 ok")
    assert not mark_failed(claimed, Category.BLOCK_CONTENT, "Refused.", "554 no")
    assert not renew(claimed)
    assert reload(Send, claimed.id).state == "ambiguous"


def test_a_verdict_after_the_lease_counts_while_nobody_has_reaped(acme, ava, clock):
    queue(acme, ava, 2)
    sent, doubtful = in_data(acme, ava), in_data(acme, ava)
    clock.advance(hours=1)

    assert mark_sent(sent, "250 ok")
    assert mark_ambiguous(doubtful, "No answer.", "")
    assert reap() == 0
