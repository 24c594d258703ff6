"""Connecting a mailbox in the browser, on real mail servers: operator tasks 2 and 3."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth
from tests.e2e.operator import Operator
from tests.factories import make_email_account
from tests.servers.faults import old_tls

ADDRESS, SECRET = "browser@alpha.test", "canary-Wr3n-Finch"


@pytest.fixture
def mailbox(mail_stack, mail_host):
    mail_stack.add_users({ADDRESS: SECRET})


def fill_in(operator, password):
    operator.fill("Email address", ADDRESS)
    operator.fill("Sender name", "Ava Stone")
    operator.fill("SMTP host", "mail.test")
    operator.fill("SMTP password", password)
    operator.fill("IMAP host", "mail.test")


@pytest.fixture
def accounts(app, owner):
    """How many accounts the owner's workspace has."""

    def number():
        mine = EmailAccountHealth.workspace_id == owner.workspace_id
        with app.app_context():
            return db.session.scalar(sa.select(sa.func.count()).where(mine))

    return number


@pytest.mark.claim("C03", partly=True)
@pytest.mark.claim("C16", partly=True)
@pytest.mark.parametrize(
    ("keyboard", "options"),
    [(False, {}), (False, {"script": False}), (False, {"phone": True}), (True, {})],
    ids=["pointer", "no script", "phone", "keyboard"],
)
def test_mailbox_is_connected_in_four_clicks(app, mailbox, owner, open_page, keyboard, options):
    with app.app_context():
        make_email_account(owner.workspace_id, "bea@alpha.test")
    operator = Operator(open_page(owner, **options), keyboard=keyboard, secrets=[SECRET])

    operator.open("/email-accounts")
    operator.press("Connect Account", then="Connect an account")
    operator.press("SMTP and IMAP", then="Connect over SMTP and IMAP")
    fill_in(operator, SECRET)
    operator.press("Test and connect", then="Connected")
    expect(operator.page.locator(".leg.is-passed")).to_have_count(2)
    operator.press("Open account", then=ADDRESS)

    assert operator.clicks == 4
    operator.sees("Warming", "Stage 0", "0 of 5", "Domain alpha.test", "2 inboxes")
    operator.open("/email-accounts")
    row = operator.page.get_by_role("row").filter(has_text=ADDRESS)
    expect(row).to_contain_text("Warming")


@pytest.mark.claim("C22", partly=True)
@pytest.mark.claim("C23", partly=True)
@pytest.mark.claim("C57", partly=True)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_failures_say_why_and_are_repaired_in_three_clicks(
    mail_stack, mail_host, mailbox, owner, open_page, accounts, script
):
    operator = Operator(open_page(owner, script=script), secrets=[SECRET, "not the password"])
    operator.open("/email-accounts/connect/smtp")
    fill_in(operator, "not the password")
    operator.press("Test and connect", then="Authentication failed")
    operator.sees("The server said:", "535 5.7.8", "The account was not saved.")
    before = operator.clicks

    with old_tls("smtp", mail_stack.authority.issue(), starttls=True) as old:
        mail_host.lead(587, old.port)
        operator.press("Edit and test again", then="Connect over SMTP and IMAP")
        assert typed(operator.page) == [ADDRESS, "Ava Stone", "mail.test", "mail.test"]
        operator.fill("SMTP password", SECRET)
        operator.press("Test and connect", then="TLS handshake failure")
        assert accounts() == 0
        operator.press("Try SSL on 465", then="Connected")
        mail_host.lead(587, mail_stack.smtp_starttls)

    assert (operator.clicks - before, accounts()) == (3, 1)


def typed(page):
    names = ("email", "display_name", "smtp_host", "imap_host")
    return [page.locator(f"[name={name}]").input_value() for name in names]
