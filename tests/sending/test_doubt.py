"""A message whose outcome nobody knows is looked for in the Sent folder; what is not there stays in doubt."""

import imaplib
import ssl

import pytest

from nimbus import queues
from nimbus.database import transaction
from nimbus.models import MailServer
from nimbus.services.queue_send import write_message
from tests.factories import PASSWORD
from tests.sending.reading import found
from tests.servers.faults import ScriptedSmtp, hang_up

pytestmark = pytest.mark.servers


@pytest.fixture
def doubtful(asker, make_inbox, run_jobs):
    """A message whose body left over a server that did not answer; its id, and the inbox's address."""
    with ScriptedSmtp({"MESSAGE": hang_up}) as smtp:
        account_id, email = make_inbox(smtp.port)
        words = {"to": "bob@beta.test", "subject": "Hello", "body": "Hello.\n"}
        send_id = write_message(asker, account_id, key="form 1", **words)
        run_jobs()
    assert found(send_id).state == "ambiguous"
    return send_id, email


def file_copy(mail_stack, email, message):
    """Put a copy into the Sent folder, as a server does that took the message."""
    context = ssl.create_default_context(cafile=str(mail_stack.ca_file))
    with imaplib.IMAP4_SSL("127.0.0.1", mail_stack.imap_ssl, ssl_context=context) as imap:
        imap.login(email, PASSWORD)
        imap.append("Sent", "(\\Seen)", None, message)


def test_what_lies_in_the_sent_folder_was_sent(doubtful, mail_stack, sweeps, clock):
    send_id, email = doubtful
    file_copy(mail_stack, email, found(send_id).message)
    sweeps()
    assert found(send_id).state == "ambiguous"

    clock.advance(seconds=61)
    sweeps()

    send = found(send_id)
    assert (send.state, send.resolved_by, send.copy_state) == ("sent", "found in the Sent folder", "kept")
    assert send.timeline[-1][2] == "The message lies in the Sent folder, so the server has taken it."


def test_what_is_not_there_after_three_looks_stays_in_doubt(doubtful, sweeps, clock):
    send_id, _ = doubtful
    looks = []

    for minutes in (0.5, 1, 3, 2, 9, 2, 60):
        clock.advance(minutes=minutes)
        sweeps()
        looks.append(found(send_id).looks)

    assert looks == [0, 1, 1, 2, 2, 3, 3]
    send = found(send_id)
    assert (send.state, send.next_look_at, send.resolved_by) == ("ambiguous", None, None)


def test_many_workers_that_look_at_once_look_once(doubtful, settings, clock, sweeps):
    send_id, _ = doubtful
    clock.advance(seconds=61)
    sweeps()
    queues.connect(settings.redis_url).flushall()

    sweeps()

    assert found(send_id).looks == 1


def test_a_copy_that_cannot_be_kept_is_tried_three_times(asker, inbox, run_jobs, sweeps, clock):
    account_id, _ = inbox
    words = {"to": "dropped@alpha.test", "subject": "Hello", "body": "Hello.\n"}
    send_id = write_message(asker, account_id, key="form 1", **words)
    close_imap(account_id)
    run_jobs()
    states = [found(send_id).copy_state]

    for minutes in (6, 61, 61):
        clock.advance(minutes=minutes)
        sweeps()
        states.append(found(send_id).copy_state)

    assert states == ["wanted", "wanted", "failed", "failed"]
    assert found(send_id).state == "sent"


def close_imap(account_id):
    with transaction() as session:
        session.get_one(MailServer, (account_id, "imap")).port = 1
