"""What a message costs from its row to its verdict, against building the same message and sending it and nothing else.

CPU of the sending process alone; the server that takes the mail is another process, and so is the name server.
"""

import itertools
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import MailServer, Send
from nimbus.rules.send_state import SendKind, SendState
from nimbus.services.queue_send import queue_send
from nimbus.services.send_messages import serve_inbox
from tests.bench.connection_test import application
from tests.bench.measure import alternate, report
from tests.factories import make_email_account, make_workspace
from tests.servers.sink import accepted

INBOXES, MESSAGES, TIMES, LIMIT = 20, 2000, 3, 3
SENDER, PASSWORD = "person{}@acme.test", "any"
SUBJECT = "A question about your warehouse"
TEXT = "Hello,\n\n" + "we read about your new warehouse and would like to ask a question.\n" * 12 + "\nAva\n"


@contextmanager
def sink() -> Iterator[tuple[int, Path]]:
    """The port and the log of a sink in a process of its own, in no hurry to reach the disk."""
    with tempfile.TemporaryDirectory(prefix="nimbus-bench-") as directory:
        log = Path(directory) / "log"
        command = [sys.executable, "-m", "tests.servers.sink", str(log)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield int(process.stdout.readline()), log
            process.stdin.close()


def run() -> bool:
    """Alternating rounds of 2,000 messages; microseconds of CPU for each."""
    with sink() as (port, log), application() as app, app.app_context():
        workspace_id = make_workspace("Acme")
        inboxes = [make_inbox(workspace_id, number, port) for number in range(INBOXES)]
        numbers = itertools.count()

        def ours() -> float:
            fill(workspace_id, inboxes, numbers)
            return _cpu(lambda: [serve_inbox(workspace_id, inbox) for inbox in inboxes])

        def floor() -> float:
            with ExitStack() as stack:
                return _cpu(lambda: [bare(port, number, stack) for number in range(INBOXES)])

        figures = alternate(ours, floor, times=TIMES, warm_up=1)
        _check(log)
        return report("send", *figures, unit="us", limit=LIMIT)


def make_inbox(workspace_id: int, number: int, port: int) -> int:
    """An account that sends through the sink, with a limit that nobody reaches."""
    account_id = make_email_account(
        workspace_id, SENDER.format(number), daily_send_limit=100_000, limit_mode="manual"
    )
    here = {"host": "127.0.0.1", "port": port, "security": "none"}
    with transaction() as session:
        session.execute(sa.update(MailServer).where(MailServer.account_id == account_id).values(here))
    return account_id


def fill(workspace_id: int, inboxes: list[int], numbers: Iterator[int]) -> None:
    """As many messages again, by turns of the inboxes."""
    with transaction() as session:
        for inbox, number in zip(itertools.cycle(inboxes), itertools.islice(numbers, MESSAGES), strict=False):
            queue_send(
                session,
                workspace_id=workspace_id,
                account_id=inbox,
                kind=SendKind.CAMPAIGN,
                recipient=f"lead{number}@beta.test",
                subject=SUBJECT,
                body=TEXT,
                key=f"bench:{number}",
            )


def bare(port: int, number: int, stack: ExitStack) -> None:
    """One inbox's share over one kept connection."""
    sender = SENDER.format(number)
    client = stack.enter_context(smtplib.SMTP("127.0.0.1", port))
    client.login(sender, PASSWORD)
    for count in range(MESSAGES // INBOXES):
        message = EmailMessage(policy=SMTP)
        message["From"] = f"Ava Able <{sender}>"
        message["To"] = f"lead{count}@beta.test"
        message["Subject"] = SUBJECT
        message["Date"] = format_datetime(now())
        message["Message-ID"] = make_msgid(domain="acme.test")
        message["X-NimbusOS-Send"] = str(count)
        message.set_content(TEXT)
        client.send_message(message)


def _cpu(action: Callable[[], object]) -> float:
    """Microseconds of CPU for each message."""
    start = time.process_time()
    action()
    return (time.process_time() - start) / MESSAGES * 1e6


def _check(log: Path) -> None:
    """Every message of every round was sent, by both."""
    states = dict(db.session.execute(sa.select(Send.state, sa.func.count()).group_by(Send.state)).all())
    assert list(states) == [SendState.SENT], states
    assert len(accepted(log)) == 2 * states[SendState.SENT]
