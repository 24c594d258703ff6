"""Sending from the browser over real mail servers: a test message to oneself, a message somebody writes, a doubt."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import MailServer, Send
from tests.e2e.operator import Operator
from tests.factories import PASSWORD, make_email_account, make_send

SENDER, RECIPIENT = "walker@alpha.test", "listener@alpha.test"


@pytest.fixture
def inbox(app, owner, mail_stack, mail_host):
    """The page of an inbox whose servers are real."""
    mail_stack.add_users({SENDER: PASSWORD, RECIPIENT: PASSWORD})
    with app.app_context():
        account = make_email_account(owner.workspace_id, SENDER)
        with transaction() as session:
            where = MailServer.account_id == account
            session.execute(sa.update(MailServer).where(where).values(host="mail.test"))
    return f"/email-accounts/{account}"


@pytest.mark.claim("C62", partly=True)
@pytest.mark.parametrize(
    ("keyboard", "options"),
    [(False, {}), (False, {"script": False}), (False, {"phone": True}), (True, {})],
    ids=["pointer", "no script", "phone", "keyboard"],
)
def test_message_to_oneself_is_sent_with_one_click(inbox, owner, open_page, keyboard, options):
    operator = Operator(open_page(owner, **options), keyboard=keyboard, secrets=[PASSWORD])
    operator.open(inbox)

    operator.press("Send a test message to myself", then="A test message from NimbusOS")

    operator.sees("The server accepted the message.", "The server said:", "250 2.0.0 Ok: queued as")
    operator.sees(SENDER, "It is in the Sent folder.")
    operator.look()
    assert operator.clicks == 1


@pytest.mark.claim("C62", partly=True)
def test_message_that_somebody_writes_leaves_after_what_was_wrong_with_it_is_mended(inbox, owner, open_page):
    operator = Operator(open_page(owner), secrets=[PASSWORD])
    operator.open(inbox)
    operator.press("Write a message", then="Write a message")
    operator.fill("To", f"{RECIPIENT}, {SENDER}")
    operator.fill("Subject", "Grüße – 你好")
    operator.fill("Text", "At noon?\n\nWalker")

    operator.press("Send", then="There is a problem")
    operator.sees("A message goes to one address")
    expect(operator.page.get_by_label("Text")).to_have_value("At noon?\n\nWalker")
    operator.fill("To", RECIPIENT)
    operator.press("Send", then="Grüße – 你好")

    operator.sees("The server accepted the message.", RECIPIENT, "At noon?")


def test_doubt_at_home_is_decided_in_three_clicks(app, inbox, owner, open_page):
    with app.app_context():
        account = int(inbox.rpartition("/")[2])
        doubt = {"reason": "The worker stopped.", "dated_at": now(), "looks": 3, "subject": "A doubtful one"}
        make_send(owner.workspace_id, account, state="ambiguous", **doubt)
    operator = Operator(open_page(owner))
    operator.open("/")

    operator.press("See which", then="Messages")
    operator.press("A doubtful one", then="A doubtful one")
    operator.press("It was sent", then="A doubtful one")

    operator.sees("Dana says that it was sent.", "Noted: it was sent.")
    assert operator.clicks == 3
    operator.open("/")
    expect(operator.page.locator("main")).not_to_contain_text("in doubt")


def test_page_of_a_message_follows_it_and_stops_asking_at_the_end(app, page, owner):
    with app.app_context():
        account = make_email_account(owner.workspace_id, connection_state="auth_failed")
        held = {"state": "in_data", "owner": "w", "lease_until": now().replace(year=2099)}
        message = make_send(owner.workspace_id, account, **held)
    page.clock.install()
    page.goto(f"/messages/{message}")
    for _ in range(2):
        with page.expect_response(f"**/messages/{message}"):
            page.clock.run_for(1100)

    with app.app_context(), transaction() as session:
        session.execute(sa.update(Send).where(Send.id == message).values(state="sent", owner=None))
    page.clock.run_for(1100)
    expect(page.locator("#message")).to_contain_text("The server took it.")
    asked = len(page.watch.parts)
    page.clock.run_for(60_000)

    assert len(page.watch.parts) == asked
