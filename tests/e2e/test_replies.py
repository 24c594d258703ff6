"""Replies in the browser, over real mail servers: operator task 12, and an answer in its conversation."""

import pytest
import sqlalchemy as sa
from imapclient import IMAPClient
from playwright.sync_api import expect

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import MailServer
from nimbus.services.sync_mailboxes import sync_one
from tests.e2e.operator import Operator
from tests.factories import PASSWORD, make_email_account, make_send
from tests.servers.processes import wait_until
from tests.services.fetching import answer
from tests.sync.reading import make_due

INBOX, THEIRS, OURS = "deutsch@alpha.test", "zoe@alpha.test", "<ours@alpha.test>"
FOLDER, MISSING = "Posteingang", "INBOX.Eingang"


@pytest.fixture
def mailbox(mail_stack, mail_host):
    """A mailbox at a real server, whose mail lies in a folder with a German name; an answer to us is in it."""
    mail_stack.add_users({INBOX: PASSWORD, THEIRS: PASSWORD})
    context = mail_stack.client_context()
    with IMAPClient("127.0.0.1", mail_stack.imap_ssl, ssl=True, ssl_context=context) as client:
        client.login(INBOX, PASSWORD)
        if not client.folder_exists(FOLDER):
            client.create_folder(FOLDER)
        client.select_folder(FOLDER)
        client.delete_messages(client.search())
        client.expunge()
        client.append(FOLDER, answer(OURS, "Sounds good. On Monday?", sender=THEIRS))


@pytest.fixture
def inbox(app, owner, mailbox):
    """Its inbox, connected, whose folder for replies is not there any more; the address of its page."""
    ready = {"current_stage": 3, "overall_score": 92, "daily_send_limit": 20}
    with app.app_context():
        account_id = make_email_account(owner.workspace_id, INBOX, **ready)
        left = {"state": "sent", "in_data_at": now(), "finished_at": now(), "kind": "manual", "attempts": 1}
        make_send(owner.workspace_id, account_id, message_id=OURS, recipient=THEIRS, subject="Lunch", **left)
        read_folder(owner, account_id, MISSING)
    return f"/email-accounts/{account_id}"


def read_folder(owner, account_id, folder):
    """Look for replies in this folder of the mailbox, at the real server."""
    with transaction() as session:
        at_mail_test = sa.update(MailServer).where(MailServer.account_id == account_id)
        session.execute(at_mail_test.values(host="mail.test"))
        session.execute(at_mail_test.where(MailServer.leg == "imap").values(folder=folder))
    make_due(account_id)
    sync_one(owner.workspace_id, account_id)


@pytest.mark.claim("C61")
@pytest.mark.parametrize(
    "options", [{}, {"phone": True}, {"script": False}], ids=["desk", "phone", "no script"]
)
def test_the_folder_that_replies_come_to_is_chosen_in_four_clicks(inbox, owner, open_page, options):
    operator = Operator(open_page(owner, **options), secrets=[PASSWORD])
    operator.open("/replies")
    operator.sees("Replies do not come in from 1 inbox", INBOX, "Folder not found", MISSING)

    operator.press(f"Choose the folder of {INBOX}", then=INBOX)
    operator.sees("Replies not syncing")
    operator.press(f"Read this ({FOLDER})", then="The folder was changed")
    operator.press("Open account", then=INBOX)
    operator.press("Sync now", then="Replies")

    assert operator.clicks == 4
    page = operator.page
    wait_until(lambda: THEIRS in page.goto("/replies").text(), within=20, what="the answer")
    operator.sees("Sounds good. On Monday?", THEIRS)
    expect(page.locator("#nav")).to_contain_text("Replies 1")
    operator.open(inbox)
    operator.sees("Ready", FOLDER)


@pytest.fixture
def heard(app, owner, inbox):
    """From whom the answer is that was found, once the right folder was chosen."""
    with app.app_context():
        read_folder(owner, int(inbox.rpartition("/")[2]), FOLDER)
    return THEIRS


def test_an_answer_is_answered_in_its_conversation_through_the_server_of_its_inbox(
    heard, owner, open_page, mail_stack
):
    operator = Operator(open_page(owner), secrets=[PASSWORD])
    operator.open("/replies")
    operator.choose("Class", "interested")
    operator.press(heard, then=heard)

    operator.fill("Your answer", "On Monday at ten.")
    operator.press("Send", then=heard)
    operator.sees("Your answer is on its way.", "On Monday at ten.", "by Dana")

    assert operator.clicks == 2
    [message] = mail_stack.await_messages(heard)
    assert message["References"].split() == [OURS, message["In-Reply-To"]]
    assert (message["From"], message["Subject"]) == (f"Ava Able <{INBOX}>", "Re: Lunch")
