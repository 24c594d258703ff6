"""Accepting a message: one row for one wish, and a sentence for everything that cannot be sent."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from nimbus import queues
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import AuditEvent, InstanceFact, Send, Suppression
from nimbus.models.instance import LIVE_AT
from nimbus.queue_server import queue_url
from nimbus.services.live_place import SendsNothing
from nimbus.services.move_send import move_send
from nimbus.services.queue_send import AlreadySent, InboxGone, MessageRefused, send_test, write_message
from nimbus.services.update_account import remove_account
from nimbus.settings import current_settings
from tests.factories import make_email_account
from tests.sending.reading import found
from tests.services.posting import queue


@pytest.fixture
def write(asker, ava):
    """Write a message, some of its words replaced; gives its id."""

    def accept(who=asker, account_id=ava, **words):
        message = {"to": "bo@example.org", "subject": "Hello", "body": "Hello Bo.\n", "key": "form 1"}
        return write_message(who, account_id, **message | words)

    return accept


def rung():
    connection = queues.connect(queue_url(current_settings()))
    waiting = Queue(queues.SEND, connection=connection, serializer=JSONSerializer).get_jobs()
    return [(job.func_name, *job.args) for job in waiting]


def count(table):
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def test_an_accepted_message_is_a_row_that_is_due_and_a_worker_is_asked(write, asker, acme, ava):
    send = found(write(to=" Bo.Ho@Example.ORG "))

    assert (send.state, send.kind, send.account_id, send.asked_by) == ("queued", "manual", ava, asker.user_id)
    assert (send.recipient, send.subject, send.body) == ("Bo.Ho@example.org", "Hello", "Hello Bo.\n")
    assert send.due_at <= now()
    assert [line[1:] for line in send.timeline] == [["queued", "The message waits for its turn.", ""]]
    assert rung() == [(queues.SERVE_INBOX, acme, ava)]


def test_a_test_message_goes_from_the_inbox_to_itself(asker, ava):
    send = found(send_test(asker, ava, key="form 1"))

    assert (send.kind, send.recipient) == ("test", "ava@acme.test")
    assert "Ada sent this from NimbusOS" in send.body


def test_the_same_form_sent_twice_is_one_message(write):
    assert write() == write()

    assert (count(Send), count(AuditEvent)) == (1, 1)


def test_the_same_form_sent_many_times_at_once_is_one_message(write, at_once):
    ids = at_once(lambda _: write(), 6)

    assert len(set(ids)) == 1
    assert (count(Send), count(AuditEvent)) == (1, 1)


def test_the_same_form_with_other_words_is_not_taken_for_the_first(write):
    write()

    with pytest.raises(AlreadySent, match="has sent a message already, and it was not this one"):
        write(body="Something else.\n")
    assert count(Send) == 1


def test_the_same_form_sent_again_is_still_that_message_once_it_was_moved(write, asker, acme, ava):
    send_id, other = write(), make_email_account(acme, "eve@acme.test")
    move_send(asker, send_id, from_account=ava, to_account=other)

    assert write() == send_id
    assert count(Send) == 1


def test_keys_of_two_people_or_two_inboxes_never_meet(write, asker, acme):
    other = make_email_account(acme, "eve@acme.test")

    ids = {write(), write(account_id=other), write(who=replace(asker, user_id=asker.user_id))}

    assert len(ids) == 2


@pytest.mark.parametrize(
    ("field", "words", "sentence"),
    [
        ("recipient", {"to": " "}, "Enter the address that the message goes to."),
        ("recipient", {"to": "bo"}, "Enter an address like ava@example.com"),
        ("recipient", {"to": "bo@"}, "Enter an address like ava@example.com"),
        ("recipient", {"to": "bo@example.org\r\nBcc: eve@example.org"}, "these look like 2"),
        ("recipient", {"to": "bo@exam\nple.org"}, "Enter an address like ava@example.com"),
        ("recipient", {"to": ", ".join(f"n{n}@example.org" for n in range(200))}, "these look like 200"),
        ("subject", {"subject": "Hello\r\nBcc: eve@example.org"}, "holds a line break"),
        ("subject", {"subject": "Hello\u2028there"}, "holds a line break"),
        ("subject", {"subject": "a\0b"}, "holds a line break"),
        ("subject", {"subject": "x" * 256}, "The subject has 256 characters. Use 255 or fewer."),
        ("body", {"body": "x" * 5_000_000}, "The text is 5.0 MB, and a message may have 1.0 MB."),
        ("body", {"body": " \n"}, "Write something"),
        ("body", {"body": "a\0b"}, "characters that cannot be sent"),
        ("body", {"body": "\ud800"}, "characters that cannot be sent"),
    ],
)
def test_what_cannot_be_sent_gets_a_sentence_and_leaves_nothing(write, field, words, sentence):
    with pytest.raises(MessageRefused, match=sentence) as refused:
        write(**words)

    assert refused.value.field == field
    assert (count(Send), rung()) == (0, [])


def test_a_suppressed_address_is_refused_at_once_with_the_reason(write, acme):
    accepted_before = write()
    with transaction() as session:
        row = {"email": "bo@example.org", "reason": "opt_out", "created_at": now()}
        session.add(Suppression(workspace_id=acme, **row))

    with pytest.raises(
        MessageRefused, match=r"sends nothing to BO@example\.org any more: .*asked for no more"
    ):
        write(to="BO@example.org", key="form 2")
    assert write() == accepted_before


def test_a_removed_inbox_and_that_of_somebody_else_take_nothing(write, asker, ava):
    with pytest.raises(InboxGone):
        write(who=replace(asker, workspace_id=asker.workspace_id + 1))
    remove_account(asker, ava)

    with pytest.raises(InboxGone, match=r"This inbox no longer exists\."):
        write()


def test_a_copy_that_nobody_confirmed_takes_nothing(write):
    with transaction() as session:
        session.execute(sa.delete(InstanceFact).where(InstanceFact.name.startswith(LIVE_AT)))

    with pytest.raises(SendsNothing):
        write()


def test_the_audit_log_says_who_wrote_to_whom(write, ava):
    write()

    [event] = db.session.scalars(sa.select(AuditEvent))
    assert (event.action, event.actor, event.object_name) == ("message_written", "Ada", "ava@acme.test")
    assert (event.object_id, event.details) == (str(ava), {"to": "bo@example.org"})


def test_nobody_is_asked_for_a_message_whose_transaction_did_not_commit(acme, ava):
    with pytest.raises(InboxGone):
        queue(acme, ava + 1)

    assert (count(Send), rung()) == (0, [])
