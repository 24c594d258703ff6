"""Inboxes whose mail server is a test's own, and messages that wait at them. All need an application context."""

import itertools

import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import MailServer
from nimbus.services.queue_send import queue_send
from tests.factories import make_email_account
from tests.sending.reading import found

_numbers = itertools.count(1)


def make_inbox(workspace_id, port, email="ava@acme.test", *, imap_port=1, **overrides) -> int:
    """An inbox that sends through this port of the machine, in clear; gives its id."""
    account_id = make_email_account(workspace_id, email, **overrides)
    with transaction() as session:
        for leg, number in {"smtp": port, "imap": imap_port}.items():
            session.execute(
                sa.update(MailServer)
                .where(MailServer.account_id == account_id, MailServer.leg == leg)
                .values(host="127.0.0.1", port=number, security="none")
            )
    return account_id


def queue(workspace_id, account_id, **values) -> int:
    """A message that is due, as a person writes it, unless told otherwise; gives its id."""
    written = {
        "kind": "manual",
        "recipient": "bo@example.org",
        "subject": "Hello",
        "body": "Hello Bo.\n",
        "key": f"test:{next(_numbers)}",
    }
    with transaction() as session:
        return queue_send(session, workspace_id=workspace_id, account_id=account_id, **written | values)


def states(*send_ids) -> list[str]:
    """The states of these sends."""
    return [found(send_id).state for send_id in send_ids]
