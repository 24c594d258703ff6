"""The installation's internal address: a connected inbox that test messages go to, and that answers those which are ours.

Until one is named a test message goes to the mailbox itself. Both are whole round trips, only that an answer also proves
that the mailbox hears from others.
"""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import ConnectionTest, EmailAccountHealth, InboxSync, Incoming, InstanceFact, Send
from nimbus.models.instance import INTERNAL_ADDRESS
from nimbus.providers.smtp_imap.probe import SUBJECT, TOKEN_HEADER
from nimbus.rules.connection_test import UNDER_WAY
from nimbus.rules.providers import ConnectionState
from nimbus.rules.send_state import SendKind
from nimbus.services.prepared import writing_in
from nimbus.services.queue_send import MessageRefused, queue_send
from nimbus.services.wake_sync import wake_sync

_ANSWER = "This answers a NimbusOS connection test. You may delete it.\n"


class Internal(NamedTuple):
    """The inbox that answers."""

    workspace_id: int
    account_id: int
    email: str


def find_internal(session: Session, *, apart_from: str) -> Internal | None:
    """The inbox that answers test messages; None where none was named, or that one cannot send or be read now, or is itself tested."""
    named = sa.select(EmailAccountHealth.workspace_id, EmailAccountHealth.id, EmailAccountHealth.email)
    named = named.join(InstanceFact, InstanceFact.value == sa.cast(EmailAccountHealth.id, sa.String))
    found = session.execute(
        named.outerjoin(InboxSync, InboxSync.account_id == EmailAccountHealth.id).where(
            InstanceFact.name == INTERNAL_ADDRESS,
            EmailAccountHealth.email != apart_from.lower(),
            EmailAccountHealth.removed_at.is_(None),
            EmailAccountHealth.connection_state == ConnectionState.OK,
            InboxSync.problem.is_(None),
        )
    ).first()
    return Internal(*found) if found else None


def name_internal(workspace_id: int, email: str | None) -> None:
    """Let this connected inbox answer test messages from now on; None: nobody does. Raises NimbusError without one."""
    with transaction() as session:
        session.execute(sa.delete(InstanceFact).where(InstanceFact.name == INTERNAL_ADDRESS))
        if email is None:
            return
        account_id = session.scalar(
            sa.select(EmailAccountHealth.id).where(
                EmailAccountHealth.workspace_id == workspace_id,
                EmailAccountHealth.email == email.lower(),
                EmailAccountHealth.removed_at.is_(None),
            )
        )
        if account_id is None:
            raise NimbusError(f"{email} is not connected in this workspace.")
        session.add(InstanceFact(name=INTERNAL_ADDRESS, value=str(account_id)))


def hurry_internal(internal: Internal) -> None:
    """Have the internal address read at once: a test message for it is on its way."""
    with transaction() as session:
        wake_sync(writing_in(session), internal.account_id, now())
        ring_after_commit(session, queues.SYNC_INBOX, internal.workspace_id, internal.account_id)


def answer_test(session: Session, came: Incoming, test: ConnectionTest) -> None:
    """Within the caller's transaction: answer a test message of ours that came to the internal address, once.

    Nothing is sent to a mailbox that is on the list of those who get no more: its test says what it has seen.
    """
    tested = str(test.settings["email"]).lower()
    internal = find_internal(session, apart_from=tested)
    if internal is None or came.account_id != internal.account_id or test.state not in UNDER_WAY:
        return
    try:
        send_id = queue_send(
            session,
            workspace_id=internal.workspace_id,
            account_id=internal.account_id,
            kind=SendKind.TEST,
            recipient=tested,
            subject=SUBJECT,
            body=_ANSWER,
            key=f"answers {test.nonce}",
        )
    except MessageRefused:
        return
    token = {TOKEN_HEADER: f"{test.nonce}.{test.signature}"}
    session.execute(sa.update(Send).where(Send.id == send_id).values(headers=token))
