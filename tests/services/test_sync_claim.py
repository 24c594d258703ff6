"""Which inbox is read when, by whom, and how many at one server; and what is said when it cannot be read."""

from datetime import timedelta
from itertools import chain

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import EmailAccountHealth, HealthEvent, InboxSync, MailServer, WorkspaceKey
from nimbus.providers.reading import RemoteFolder
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.incoming import FolderRole
from nimbus.rules.sync_pace import AT_ONCE_PER_HOST, LEASE
from nimbus.services import sync_claim
from nimbus.services.sync_claim import add_rows, take_due
from nimbus.services.sync_record import Outcome, Trouble, record_outcomes
from tests.factories import make_email_account, make_workspace, reload
from tests.services.campaigning import all_rows, change
from tests.sync.reading import make_due


@pytest.fixture
def inboxes(acme):
    """Five inboxes, each at a server of its own."""
    ids = [make_email_account(acme, f"in{number}@acme.test") for number in range(5)]
    for number, account_id in enumerate(ids):
        change(MailServer, MailServer.account_id == account_id, host=f"imap{number}.acme.test")
    add_rows()
    return ids


def ids_of(taken):
    return sorted(each.account_id for each in taken)


def test_every_connected_inbox_is_due_at_once_and_then_only_when_its_time_comes(inboxes):
    first, again = take_due(50), take_due(50)

    record_outcomes([Outcome(each) for each in first])

    assert (ids_of(first), again, take_due(50)) == (inboxes, [], [])


def test_several_workers_share_what_is_due_and_none_reads_what_another_does(inboxes, at_once):
    taken = at_once(lambda _: ids_of(take_due(3)), 4)

    assert sorted(chain(*taken)) == inboxes


def test_an_inbox_whose_worker_died_is_taken_again_when_its_lease_is_over(inboxes, clock):
    take_due(50)
    assert take_due(50) == []

    clock.advance(seconds=LEASE.total_seconds() + 1)

    assert ids_of(take_due(50)) == inboxes


def test_whoever_lost_an_inbox_writes_nothing_for_it(inboxes, clock):
    lost = take_due(1)
    clock.advance(seconds=LEASE.total_seconds() + 1)
    held = [each for each in take_due(50) if each.account_id == lost[0].account_id]

    record_outcomes([Outcome(lost[0], trouble=Trouble("It broke."))])

    row = reload(InboxSync, lost[0].account_id)
    assert (row.owner, row.problem) == (held[0].owner, None)


def test_one_server_is_asked_by_so_many_at_once_whatever_the_number_of_workers(acme, at_once):
    for number in range(AT_ONCE_PER_HOST + 4):
        make_email_account(acme, f"same{number}@acme.test")
    add_rows()

    taken = [*chain(*at_once(lambda _: ids_of(take_due(6)), 4))]

    assert len(taken) == len(set(taken)) == AT_ONCE_PER_HOST


def test_those_who_wait_for_one_server_keep_nobody_waiting_for_another(acme):
    for number in range(60):
        make_email_account(acme, f"same{number}@acme.test")
    far = make_email_account(acme, "far@acme.test")
    change(MailServer, MailServer.account_id == far, host="imap.far.test")
    add_rows()

    first = ids_of(take_due(6))
    rest = ids_of(take_due(6))

    assert (len(first), far in rest) == (6, True)
    assert len(rest) == 1 + AT_ONCE_PER_HOST - 6


def test_an_inbox_that_was_removed_is_not_read(inboxes):
    change(EmailAccountHealth, EmailAccountHealth.id == inboxes[0], removed_at=now())

    assert ids_of(take_due(50)) == inboxes[1:]


def fail(account_id, **trouble):
    make_due(account_id)
    [taken] = [each for each in take_due(50) if each.account_id == account_id]
    record_outcomes([Outcome(taken, trouble=Trouble("The server is away.", **trouble))])
    return reload(InboxSync, account_id)


def test_a_server_that_is_away_for_a_moment_troubles_nobody(inboxes):
    row = fail(inboxes[0], code=FailureCode.TIMEOUT)

    assert (row.failures, row.problem) == (1, "The server is away.")
    assert reload(MailServer, inboxes[0], "imap").failure_code is None
    assert all_rows(HealthEvent) == []


def test_one_that_stays_away_is_said_on_the_account_once_and_taken_back_when_it_answers(inboxes):
    for _ in range(5):
        fail(inboxes[0], code=FailureCode.TIMEOUT)
    assert reload(MailServer, inboxes[0], "imap").failure_code == "timeout"

    make_due(inboxes[0])
    record_outcomes([Outcome(each) for each in take_due(50)])

    assert reload(MailServer, inboxes[0], "imap").failure_code is None
    assert [event.sentence for event in all_rows(HealthEvent)] == [
        "Replies are not read: The server is away.",
        "Replies are read again",
    ]


def test_a_refused_password_is_said_at_once_and_tried_rarely(inboxes):
    row = fail(inboxes[0], code=FailureCode.AUTH_FAILED, is_permanent=True)

    assert row.next_at - row.tried_at >= timedelta(hours=1)
    assert reload(MailServer, inboxes[0], "imap").failure_code == "auth_failed"


def test_an_inbox_to_which_mail_comes_is_read_more_often_than_a_quiet_one(inboxes):
    busy, quiet, *others = take_due(50)
    record_outcomes([Outcome(busy, found=3), Outcome(quiet), *map(Outcome, others)])

    assert reload(InboxSync, busy.account_id).next_at < reload(InboxSync, quiet.account_id).next_at


def test_the_folders_are_kept_as_they_were_listed(inboxes):
    [taken] = take_due(1)
    folders = [RemoteFolder("INBOX", FolderRole.INBOX, 7), RemoteFolder("Entwürfe")]

    record_outcomes([Outcome(taken, folders=folders)])

    assert reload(InboxSync, taken.account_id).folders == [["INBOX", "inbox", 7], ["Entwürfe", None, None]]


def test_a_password_that_does_not_open_is_no_reason_to_leave_the_others_out(inboxes):
    change(MailServer, MailServer.account_id == inboxes[0], sealed_password="nonsense")

    taken = {each.account_id: each for each in take_due(50)}

    assert taken[inboxes[0]].login is None
    assert all(taken[account_id].login for account_id in inboxes[1:])


def test_a_workspace_without_its_key_keeps_no_other_from_being_read(inboxes):
    other = make_workspace("Without")
    stranger = make_email_account(other, "in@without.test")
    add_rows()
    with transaction() as session:
        session.execute(sa.delete(WorkspaceKey).where(WorkspaceKey.workspace_id == other))

    taken = {each.account_id: each for each in take_due(50)}

    assert taken[stranger].login is None
    assert all(taken[account_id].login for account_id in inboxes)


def test_only_paths_that_can_be_read_are_taken(inboxes, acme):
    unread = make_email_account(acme, "far@acme.test", provider="reachinbox", legs=())
    add_rows()

    assert unread not in ids_of(take_due(50))
    assert "reachinbox" not in sync_claim.READ_BY
