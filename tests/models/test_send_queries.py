"""Messages are listed newest first, a page at a time, never those of another workspace; doubts and waits are counted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import Send
from nimbus.models.send_queries import (
    SendFilter,
    _rows,
    _sent_to,
    count_by_state,
    count_doubtful,
    find_inbox,
    find_send,
    list_doubtful,
    list_sends,
    oldest_due,
)
from nimbus.rules.send_state import HELD, SendState
from tests.factories import make_email_account, make_person, make_send, make_workspace


@pytest.fixture
def ava(acme):
    return make_email_account(acme, "ava@acme.test")


@pytest.fixture
def theirs(context):
    """A workspace with a message in doubt that nobody else may see."""
    zenith = make_workspace("Zenith")
    return zenith, make_send(zenith, make_email_account(zenith, "zoe@zenith.test"), state="ambiguous")


def listed(workspace_id, **wanted):
    return [row.id for row in list_sends(db.session(), workspace_id, SendFilter(**wanted))[0]]


def test_messages_are_listed_newest_first_and_only_those_of_the_workspace(acme, ava, theirs):
    made = [make_send(acme, ava) for _ in range(3)]

    assert listed(acme) == made[::-1]
    assert listed(theirs[0]) == [theirs[1]]
    assert listed(theirs[0], account_id=ava) == []


def test_a_list_is_narrowed_to_an_inbox_and_to_states(acme, ava):
    bob = make_email_account(acme, "bob@acme.test")
    waiting, claimed, leaving = (
        make_send(acme, ava, state=state) for state in ("queued", "claimed", "in_data")
    )
    his = make_send(acme, bob)

    assert listed(acme, account_id=bob) == [his]
    assert listed(acme, account_id=ava, states=frozenset({SendState.QUEUED})) == [waiting]
    assert listed(acme, states=HELD) == [leaving, claimed]


def test_a_contact_is_shown_what_campaigns_and_people_sent_to_them_found_through_the_index(acme, ava):
    of_campaign = {"kind": "campaign", "campaign_id": 1, "step": 0}
    make_send(acme, ava, recipient="bo@example.com")
    by_campaign = make_send(acme, ava, recipient="zoe@example.com", contact_id=7, **of_campaign)
    by_hand = make_send(acme, ava, recipient="ZOE@example.com")
    make_send(acme, ava, recipient="zoe@example.com", contact_id=8, **of_campaign)

    assert listed(acme, contact=(7, "zoe@example.com")) == [by_hand, by_campaign]
    if db.engine.dialect.name == "sqlite":  # Postgres chooses by its statistics, and here there are none
        query = _rows().where(Send.workspace_id == acme, _sent_to(acme, 7, "zoe@example.com"))
        words = query.compile(db.engine, compile_kwargs={"literal_binds": True})
        plan = db.session.execute(sa.text(f"EXPLAIN QUERY PLAN {words}")).all()
        assert sum("ix_send_contact" in row.detail for row in plan) == 2


def test_pages_follow_each_other_without_a_gap_while_new_messages_come_in(acme, ava):
    made = [make_send(acme, ava) for _ in range(5)]
    first, older = list_sends(db.session(), acme, SendFilter(), most=2)
    make_send(acme, ava)
    second, older = list_sends(db.session(), acme, SendFilter(), before=older, most=2)
    third, end = list_sends(db.session(), acme, SendFilter(), before=older, most=2)

    assert [row.id for row in first + second + third] == made[::-1]
    assert end is None


def test_a_message_comes_with_its_inbox_although_that_was_removed_and_with_who_asked(acme, ava, theirs):
    dana = make_person(acme, "Dana")
    gone = make_email_account(acme, "gone@acme.test", removed_at=now())
    found = find_send(db.session(), acme, make_send(acme, gone, asked_by=dana.user_id))

    assert (found.account.email, found.asked_by) == ("gone@acme.test", "Dana")
    assert find_inbox(db.session(), acme, gone).removed_at is not None
    assert find_send(db.session(), acme, theirs[1]) is None
    assert find_inbox(db.session(), theirs[0], ava) is None


def test_doubts_are_those_of_the_workspaces_asked_for_the_oldest_first(acme, ava, theirs):
    doubts = [make_send(acme, ava, state="ambiguous") for _ in range(3)]
    make_send(acme, ava, state="sent")

    assert [row.id for row in list_doubtful(db.session(), [acme], most=2)] == doubts[:2]
    assert count_doubtful(db.session(), [acme]) == 3
    assert count_doubtful(db.session(), [acme, theirs[0]]) == 4
    assert count_doubtful(db.session(), []) == 0
    assert count_by_state(db.session()) == {SendState.AMBIGUOUS: 4, SendState.SENT: 1}


def test_the_oldest_due_message_is_the_one_that_could_have_left_longest_ago(acme, ava):
    moment = now()
    make_send(acme, ava, due_at=moment + timedelta(hours=1))
    make_send(acme, ava, due_at=moment - timedelta(days=1), state="sent")
    assert oldest_due(db.session(), moment) is None

    for minutes in (3, 20, 7):
        make_send(acme, ava, due_at=moment - timedelta(minutes=minutes))
    assert oldest_due(db.session(), moment) == moment - timedelta(minutes=20)
