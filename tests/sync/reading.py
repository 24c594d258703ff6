"""An inbox whose mail is read, and what the database says came of it. Needs an application context."""

import itertools
import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import HealthEvent, InboxSync, Incoming, MailServer, SyncFolder
from nimbus.services.sync_mailboxes import sync_due
from tests.factories import reload
from tests.servers.mail import MailStack
from tests.servers.processes import unprivileged_user

_numbers = itertools.count(1)


def letter(number, *, sender="bob@beta.test", **headers) -> bytes:
    """A message from outside, with a Message-ID of its own."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "ann@alpha.test", f"Mail {number}"
    message["Message-ID"] = f"<{number}@beta.test>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("A few words.\n")
    return bytes(message)


def fill(stack: MailStack, email: str, messages: Iterable[bytes]) -> None:
    """Put messages straight into the folder on disk, as a thousand of them would take long to deliver."""
    new = stack.directory / "home" / email / "Maildir" / "new"
    for number, message in enumerate(messages):
        file = new / f"{int(time.time())}.M{number:07d}P1.filled-{next(_numbers)}"
        file.write_bytes(message)
        shutil.chown(file, unprivileged_user())


@dataclass
class Inbox:
    """An inbox at the real servers."""

    workspace_id: int
    account_id: int
    email: str
    stack: MailStack

    def receive(self, *messages: bytes) -> None:
        for message in messages:
            self.stack.deliver(self.email, message)

    def sync(self) -> InboxSync:
        """Read it as the timetable does, now; its row afterwards."""
        make_due(self.account_id)
        sync_due()
        return self.row

    @property
    def row(self) -> InboxSync:
        return reload(InboxSync, self.account_id)

    def cursor(self, role="inbox") -> SyncFolder:
        return reload(SyncFolder, self.account_id, role)

    def kept(self) -> list[Incoming]:
        """What came to it, in the order in which it was kept."""
        return kept(self.account_id)

    def subjects(self) -> list[str]:
        return [message.subject for message in self.kept()]

    def kept_ids(self) -> list[str]:
        """The Message-IDs alone, of very many."""
        db.session.rollback()
        of_inbox = Incoming.account_id == self.account_id
        return list(db.session.scalars(sa.select(Incoming.message_id).where(of_inbox)))

    def connect_over(self, port: int) -> None:
        """Reach its server in clear over this port of the machine."""
        self._change(MailServer, leg="imap", port=port, security="none")

    def server(self) -> MailServer:
        return reload(MailServer, self.account_id, "imap")

    def log(self) -> list[str]:
        """The sentences of its log, oldest first."""
        db.session.rollback()
        of_inbox = HealthEvent.account_id == self.account_id
        return list(
            db.session.scalars(sa.select(HealthEvent.sentence).where(of_inbox).order_by(HealthEvent.id))
        )

    def choose(self, folder: str) -> None:
        """A person chose this folder for replies."""
        self._change(MailServer, leg="imap", folder=folder)

    def age_listing(self) -> None:
        """Let a day go by since its folders were listed."""
        self._change(InboxSync, listed_at=now() - timedelta(days=2))

    def renumber(self) -> None:
        """Give its messages numbers of another UIDVALIDITY, as a migrated server does."""
        maildir = self.stack.directory / "home" / self.email / "Maildir"
        for file in maildir.glob("dovecot.index*"):
            file.unlink()
        listed = maildir / "dovecot-uidlist"
        listed.write_text(
            re.sub(r" V(\d+)", lambda found: f" V{int(found[1]) + 1000}", listed.read_text(), count=1)
        )

    def _change(self, table: type, *, leg: str | None = None, **values: object) -> None:
        which = [table.account_id == self.account_id, *([table.leg == leg] if leg else [])]
        with transaction() as session:
            session.execute(sa.update(table).where(*which).values(**values))


def make_due(account_id) -> None:
    """Let an inbox's time come, if it has a row yet."""
    with transaction() as session:
        session.execute(
            sa.update(InboxSync)
            .where(InboxSync.account_id == account_id)
            .values(next_at=now(), owner=None, lease_until=None)
        )


def kept(account_id) -> list[Incoming]:
    db.session.rollback()
    return list(
        db.session.scalars(
            sa.select(Incoming)
            .where(Incoming.account_id == account_id)
            .order_by(Incoming.id)
            .execution_options(populate_existing=True)
        )
    )
