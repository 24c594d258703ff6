"""At the edge of a limit two mailboxes may pass their tests; one of them is added."""

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import AuditEvent, ConnectionTest, EmailAccountHealth, Workspace
from tests.connecting.reading import Reading


@pytest.fixture
def limit(app, cast):
    def to(number):
        with app.app_context(), transaction() as session:
            session.execute(sa.update(Workspace).values(account_limit=number))

    return to


@pytest.mark.claim("C65")
def test_of_two_mailboxes_for_one_place_one_connects_and_the_other_says_why(
    post, alice, run_jobs, new_mailbox, limit, read, press
):
    limit(1)
    urls = [post(**new_mailbox()), post(**new_mailbox())]
    run_jobs()

    first, second = (Reading(alice.get(url).text) for url in urls)
    assert sorted(test.state for test in read(ConnectionTest)) == ["failed", "passed"]
    assert len(read(EmailAccountHealth)) == 1
    [refused] = [page for page in (first, second) if "this workspace has reached its limit" in page]
    assert "No room for another inbox Sending and replies both work, but meanwhile" in refused
    assert refused.fixes["try_again"] == "Test again"

    limit(2)
    page = press(urls[[first, second].index(refused)], "try_again")
    assert "Linked to domain alpha.test (1 other inbox)." in page
    assert len(read(EmailAccountHealth)) == 2


def test_who_connected_a_mailbox_through_which_servers_is_in_the_audit_log(connect, read, mail_stack):
    connect()

    [line] = [event for event in read(AuditEvent) if event.action == "account_connected"]
    assert (line.actor, line.address, line.object_name) == ("Alice", "127.0.0.1", "ann@alpha.test")
    assert line.details == {
        "sending": f"127.0.0.1:{mail_stack.smtp_ssl}",
        "replies": f"127.0.0.1:{mail_stack.imap_ssl}",
    }
