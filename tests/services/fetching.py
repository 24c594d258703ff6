"""Mail put where a fetch would have put it, and read; needs an application context."""

import itertools
import time
from email.message import EmailMessage

from nimbus.clock import now
from nimbus.providers.reading import Cursor, Head, Page
from nimbus.rules.incoming import FolderRole
from nimbus.services.keep_mail import keep_page
from nimbus.services.read_incoming import read_waiting
from nimbus.services.sync_claim import add_rows, take_due
from nimbus.services.sync_record import Outcome, record_outcomes
from tests.sync.reading import kept, make_due

_numbers = itertools.count(1)


class Shelf:
    """A mailbox that holds these messages."""

    def __init__(self, bodies):
        self._bodies = bodies

    def bodies(self, keys):
        return {key: self._bodies[key] for key in keys if key in self._bodies}


def fetch(account_id, *messages, role=FolderRole.INBOX, received_at=None):
    """Keep messages as a page of this inbox."""
    add_rows()
    make_due(account_id)
    [taken] = [each for each in take_due(50) if each.account_id == account_id]
    keys = {f"{role}:1:{next(_numbers)}": raw for raw in messages}
    heads = [
        Head(key, role, len(raw), received_at or now(), raw.partition(b"\n\n")[0])
        for key, raw in keys.items()
    ]
    keep_page(taken, Page(role, heads, Cursor("INBOX", 1, len(keys))), Shelf(keys))
    record_outcomes([Outcome(taken, len(keys))])


def hear_back(account_id, *messages, **values):
    """The same, and read; the rows afterwards."""
    fetch(account_id, *messages, **values)
    read_waiting(time.monotonic() + 60, account_id=account_id)
    return kept(account_id)


def answer(to, text="Yes, let us talk on Monday.", *, sender="to0@beta.test", subject="Re: Hello", **headers):
    """An answer of a person to a message of ours, named by its Message-ID."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "ava@acme.test", subject
    message["Message-ID"] = f"<answer{next(_numbers)}@beta.test>"
    if to:
        message["In-Reply-To"] = to
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"{text}\n")
    return bytes(message)


def report(message_id, recipient, *, status="5.1.1", text="550 5.1.1 User unknown", action="failed") -> bytes:
    """A delivery report as a mail system sends it."""
    return f"""From: Mail Delivery System <mailer-daemon@mx.beta.test>
To: ava@acme.test
Subject: Undelivered Mail Returned to Sender
Message-ID: <report{next(_numbers)}@mx.beta.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.beta.test

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {text}

--b1
Content-Type: text/rfc822-headers

From: ava@acme.test
To: {recipient}
Message-ID: {message_id}

--b1--
""".encode()


def complaint(message_id) -> bytes:
    """What a provider's feedback loop sends."""
    return f"""From: fbl@isp.test
To: ava@acme.test
Subject: FW: Hello
Message-ID: <fbl{next(_numbers)}@isp.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b2"

--b2
Content-Type: text/plain

This is an abuse report.

--b2
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeFBL/1.0
Version: 1

--b2
Content-Type: text/rfc822-headers

From: ava@acme.test
Message-ID: {message_id}

--b2--
""".encode()
