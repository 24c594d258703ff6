"""Every page that leads to another inbox says when there are many, and when there is room for no more."""

import pytest
import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import ConnectionTest, EmailAccountHealth, Workspace
from tests.browse import Page
from tests.connecting.form import FORM, filled
from tests.factories import mail_settings, make_connection_test, make_domain, make_email_account
from tests.web.reading import words

FULL = "No room for another inbox 1 of 1 inboxes are connected, and no more can be added."
MANY = "This workspace has 1,000 inboxes A workspace is planned for up to 1,000."


@pytest.fixture
def limit(app, cast):
    """Set the limit of Acme."""

    def to(number):
        with app.app_context(), transaction() as session:
            session.execute(sa.update(Workspace).values(account_limit=number))

    return to


@pytest.fixture
def passed(app, cast):
    """The page of a test that connected ava@acme.test."""
    with app.app_context():
        account_id = make_email_account(cast.alice.workspace_id)
        ids = cast.alice.workspace_id, cast.alice.user_id
        return f"/email-accounts/connect/tests/{make_connection_test(*ids, state='passed', account_id=account_id)}"


@pytest.fixture
def thousand(app, cast, passed):
    """As many inboxes as the soft limit."""
    with app.app_context():
        workspace_id = cast.alice.workspace_id
        usual = {"workspace_id": workspace_id, "domain_id": make_domain(workspace_id), "created_at": now()}
        usual |= {"display_name": "", "provider": "smtp_imap", "daily_send_limit": 20}
        with transaction() as session:
            emails = [{"email": f"{number}@acme.test"} for number in range(999)]
            session.execute(sa.insert(EmailAccountHealth), [usual | email for email in emails])
    return passed


def pages(test_url):
    return ["/email-accounts", "/email-accounts/connect", FORM, test_url]


@pytest.mark.claim("C65", partly=True)
def test_from_a_thousand_on_every_path_warns_and_refuses_nothing(alice, thousand, read):
    for url in pages(thousand):
        assert MANY in words(alice.get(url).text), url

    assert alice.post(FORM, filled()).status_code == 303
    assert len(read(ConnectionTest)) == 2


@pytest.mark.claim("C65", partly=True)
def test_at_the_limit_every_path_says_so_and_who_can_change_it(alice, passed, limit):
    for url in pages(passed):
        assert "No room for another inbox" not in alice.get(url).text

    limit(1)
    for url in pages(passed):
        page = words(alice.get(url).text)
        assert FULL in page, url
        assert "ask whoever runs this installation to raise the limit." in page, url


@pytest.mark.claim("C65", partly=True)
@pytest.mark.parametrize("htmx", [False, True])
def test_at_the_limit_no_test_starts_and_what_was_typed_stays(alice, passed, limit, read, htmx):
    limit(1)
    page = alice.post(FORM, filled(), htmx=htmx)

    assert page.status_code == 422
    assert "There is a problem 1 of 1 inboxes are connected, and no more can be added." in words(page.text)
    assert Page(page.text).field("email")["value"] == "ann@alpha.test"
    assert "correct horse" not in page.text
    assert len(read(ConnectionTest)) == 1


def test_an_account_that_is_connected_can_still_be_tested_and_reconnected(alice, passed, limit, read):
    limit(0)
    account = f"/email-accounts/{read(EmailAccountHealth)[0].id}"

    assert alice.post(f"{account}/test").status_code == 303
    assert alice.post(f"{account}/folder", {"imap_folder": "Inbox.New"}).status_code == 303
    form = alice.get(f"{account}/reconnect")
    assert "No room for another inbox" not in form.text
    assert alice.post(f"{account}/reconnect", filled(email="ava@acme.test")).status_code == 303
    assert {test.purpose for test in read(ConnectionTest)[1:]} == {"retest", "folder", "reconnect"}


@pytest.fixture
def refused(app, cast):
    """The page of a test whose legs both passed when there was room no more."""
    steps = [("smtp", "find_server"), ("smtp", "hand_over"), ("imap", "find_reply")]
    values = {
        "state": "failed",
        "failure_code": "account_limit",
        "failure_detail": {"limit": "1"},
        "settings": mail_settings("ben@acme.test").as_dict(),
        "progress": [[*step, "passed", ""] for step in steps],
    }
    with app.app_context():
        ids = cast.alice.workspace_id, cast.alice.user_id
        return f"/email-accounts/connect/tests/{make_connection_test(*ids, **values)}"


def test_a_test_that_came_too_late_says_that_the_mailbox_works_and_what_to_do(alice, refused):
    page = words(alice.get(refused).text)

    assert (
        "No room for another inbox Sending and replies both work, but meanwhile this workspace has reached its limit of inboxes (1)."
        in page
    )
    assert "Replies (IMAP): No room" not in page
    assert "Failed:" not in page
    assert "ask whoever runs this installation to raise the limit. Then test again." in page
    assert "The account was not saved." in page


def test_testing_again_waits_for_room_and_then_needs_nothing_retyped(alice, refused, passed, limit, read):
    limit(1)
    page = alice.post(f"{refused}/fix", {"fix": "try_again"}, follow=True)
    assert "1 of 1 inboxes are connected, and no more can be added." in words(page.text)
    assert len(read(ConnectionTest)) == 2

    limit(2)
    assert alice.post(f"{refused}/fix", {"fix": "try_again"}).location != refused
    assert read(ConnectionTest)[-1].settings["email"] == "ben@acme.test"
