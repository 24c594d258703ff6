"""What reading mailboxes costs, beside a bare loop of IMAPClient that fetches and keeps the same."""

import itertools
import shutil
import sqlite3
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from imapclient import IMAPClient

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import InboxSync, Incoming, MailServer
from nimbus.providers.smtp_imap.imap_mailbox import HEADERS
from nimbus.rules.incoming import BODY_BYTES, HEADER_BYTES
from nimbus.services.sync_claim import add_rows, take_due
from nimbus.services.sync_mailboxes import read_mailbox, sync_due
from nimbus.services.sync_record import record_outcomes
from tests.bench.connection_test import application
from tests.bench.measure import alternate, milliseconds, report
from tests.factories import PASSWORD, make_cast, make_email_account, make_send
from tests.servers.mail import MailStack
from tests.services.fetching import answer
from tests.sync.reading import fill, make_due

MESSAGES, FETCHES, FETCH_LIMIT = 1000, 5, 2
MAILBOXES, POLLS, POLL_LIMIT = 500, 3, 1.3
_ITEMS = ("RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[HEADER.FIELDS ({HEADERS})]<0.{HEADER_BYTES}>")
_BODY = f"BODY.PEEK[]<0.{BODY_BYTES}>"
_numbers = itertools.count()


def run() -> bool:
    """CPU of this process for a thousand new answers; wall time for looking into five hundred mailboxes without any."""
    users = {f"m{number}@alpha.test": PASSWORD for number in range(MAILBOXES + 40)}
    with (
        MailStack(users=users) as stack,
        application(NIMBUS_CA_FILE=str(stack.ca_file)) as app,
        app.app_context(),
    ):
        workspace_id = make_cast().alice.workspace_id
        kept = [_fetching(stack, workspace_id), _polling(stack, workspace_id)]
        return all(kept)


def _fetching(stack: MailStack, workspace_id: int) -> bool:
    context = ssl.create_default_context(cafile=str(stack.ca_file))

    def ours() -> float:
        account_id, email = _connected(stack, workspace_id)
        make_send(workspace_id, account_id, state="sent", message_id=f"<ours@{email}>")
        _read(account_id)
        _fill(stack, email)
        cost = _cpu(lambda: _read(account_id))
        of_inbox = Incoming.account_id == account_id
        assert (
            db.session.scalar(sa.select(sa.func.count()).where(of_inbox, Incoming.raw.is_not(None)))
            == MESSAGES
        )
        return cost

    def floor() -> float:
        email = f"m{next(_numbers)}@alpha.test"
        with _bare(stack, context, email) as client:
            client.select_folder("INBOX", readonly=True)
        _fill(stack, email)
        with _table() as table:
            return _cpu(lambda: _fetch_bare(stack, context, email, table))

    figures = alternate(ours, floor, times=FETCHES, warm_up=1)
    with transaction() as session:  # so that nothing of it is read while mailboxes are polled
        session.execute(sa.delete(Incoming))
    return report("sync_1000_messages", *figures, unit="ms", limit=FETCH_LIMIT)


def _polling(stack: MailStack, workspace_id: int) -> bool:
    context = ssl.create_default_context(cafile=str(stack.ca_file))
    emails = [_connected(stack, workspace_id)[1] for _ in range(MAILBOXES)]
    _let_all_be_due()
    while _due():
        sync_due()

    def ours() -> float:
        _let_all_be_due()
        took = milliseconds(_poll_all)
        assert not db.session.scalar(sa.select(sa.func.max(InboxSync.failures)))
        return took / MAILBOXES

    def floor() -> float:  # one after the other, as a loop does
        return milliseconds(lambda: [_poll_bare(stack, context, email) for email in emails]) / MAILBOXES

    figures = alternate(ours, floor, times=POLLS, warm_up=1)
    rates = (60_000 / figure for figure in figures)
    sys.stdout.write(
        "bench sync_empty_poll_rate ours {:.0f} floor {:.0f} unit mailboxes/min\n".format(*rates)
    )
    return report("sync_empty_poll", *figures, unit="ms", limit=POLL_LIMIT)


def _poll_all() -> None:
    """One worker's jobs, one after the other, until nothing is due."""
    while _due():
        sync_due()


def _due() -> bool:
    db.session.rollback()
    return bool(db.session.scalar(sa.select(sa.exists().where(InboxSync.next_at <= now()))))


def _let_all_be_due() -> None:
    add_rows()
    with transaction() as session:
        session.execute(sa.update(InboxSync).values(next_at=now() - timedelta(seconds=1)))


def _read(account_id: int) -> None:
    add_rows()
    make_due(account_id)
    [taken] = [each for each in take_due(50) if each.account_id == account_id]
    db.session.remove()
    outcome = read_mailbox(taken)
    assert outcome.trouble is None, outcome.trouble
    record_outcomes([outcome])


def _connected(stack: MailStack, workspace_id: int) -> tuple[int, str]:
    email = f"m{next(_numbers)}@alpha.test"
    account_id = make_email_account(workspace_id, email)
    with transaction() as session:
        there = {"host": "127.0.0.1", "port": stack.imap_ssl, "security": "ssl"}
        session.execute(sa.update(MailServer).where(MailServer.account_id == account_id).values(there))
    return account_id, email


def _fill(stack: MailStack, email: str) -> None:
    fill(stack, email, (answer(f"<ours@{email}>", "A few words. " * 80) for _ in range(MESSAGES)))


@contextmanager
def _bare(stack: MailStack, context: ssl.SSLContext, email: str) -> Iterator[IMAPClient]:
    client = IMAPClient("127.0.0.1", stack.imap_ssl, ssl=True, ssl_context=context)
    client.login(email, PASSWORD)
    yield client
    client.logout()


def _poll_bare(stack: MailStack, context: ssl.SSLContext, email: str) -> None:
    with _bare(stack, context, email) as client:
        for folder in ("INBOX", "Junk"):
            client.folder_status(folder, ("MESSAGES", "UIDNEXT", "UIDVALIDITY"))


def _fetch_bare(stack: MailStack, context: ssl.SSLContext, email: str, table: sqlite3.Connection) -> None:
    with _bare(stack, context, email) as client:
        client.select_folder("INBOX", readonly=True)
        uids = client.search("UID 1:*")
        for start in range(0, len(uids), 100):
            some = uids[start : start + 100]
            heads, bodies = client.fetch(some, _ITEMS), client.fetch(some, [_BODY])
            rows = [
                (
                    uid,
                    heads[uid][b"RFC822.SIZE"],
                    str(heads[uid][b"INTERNALDATE"]),
                    _part(heads[uid]),
                    _part(bodies[uid]),
                )
                for uid in some
            ]
            with table:
                table.executemany("INSERT INTO incoming VALUES (?, ?, ?, ?, ?)", rows)


def _part(row: dict[bytes, bytes]) -> bytes:
    return next(value for key, value in row.items() if key.startswith(b"BODY["))


@contextmanager
def _table() -> Iterator[sqlite3.Connection]:
    directory = Path(tempfile.mkdtemp(prefix="nimbus-bench-"))
    table = sqlite3.connect(directory / "bare.sqlite3")
    table.execute("PRAGMA journal_mode=WAL")
    table.execute("PRAGMA synchronous=FULL")
    table.execute("CREATE TABLE incoming (uid PRIMARY KEY, size, received_at, headers, raw)")
    yield table
    table.close()
    shutil.rmtree(directory)


def _cpu(action: Callable[[], object]) -> float:
    """The milliseconds of CPU that one call takes in this process."""
    start = time.process_time()
    action()
    return (time.process_time() - start) * 1000
