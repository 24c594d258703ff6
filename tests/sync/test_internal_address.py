"""A named inbox answers the messages of connection tests, and only those."""

import pytest

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import ConnectionTest, InboxSync, Send
from nimbus.rules.connection_test import Leg
from nimbus.services import verify_connection
from nimbus.services.connect_account import start_test
from nimbus.services.internal_address import find_internal, name_internal
from nimbus.services.sweep import sweep
from tests.bench.connection_test import settings_for
from tests.factories import reload
from tests.servers.processes import wait_until
from tests.services.campaigning import all_rows, change
from tests.services.fetching import answer, hear_back

pytestmark = pytest.mark.servers


@pytest.fixture
def internal(asker, inbox):
    name_internal(asker.workspace_id, inbox.email)
    return inbox


@pytest.mark.claim("C21")
def test_a_test_message_goes_to_the_internal_address_and_its_answer_passes_the_test(
    asker, internal, mail_stack, run_jobs, monkeypatch
):
    monkeypatch.setattr(verify_connection, "FIRST_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(verify_connection, "LATER_LOOK_SECONDS", 0.1)
    mail_stack.add_users({"fresh@alpha.test": "correct horse"})
    settings = settings_for(mail_stack, "fresh@alpha.test", ("ssl", "ssl"))
    test_id = start_test(asker, settings, dict.fromkeys(Leg, "correct horse"))

    def is_over():
        run_jobs()
        change(ConnectionTest, ConnectionTest.state == "waiting", next_look_at=now())
        sweep()
        return reload(ConnectionTest, test_id).state in {"passed", "failed"}

    wait_until(is_over, within=60, what="the test's end")

    assert reload(ConnectionTest, test_id).state == "passed"
    [message] = mail_stack.messages("fresh@alpha.test")
    assert message["From"].endswith(f"<{internal.email}>")
    assert [send.recipient for send in all_rows(Send)] == ["fresh@alpha.test"]


def test_while_the_named_inbox_is_not_read_a_test_goes_to_the_mailbox_itself(asker, internal):
    internal.sync()
    assert find_internal(db.session(), apart_from="fresh@alpha.test").email == internal.email
    assert find_internal(db.session(), apart_from=internal.email) is None

    change(InboxSync, InboxSync.account_id == internal.account_id, problem="The server is away.")

    assert find_internal(db.session(), apart_from="fresh@alpha.test") is None


def test_a_command_names_the_inbox_and_takes_it_back(app, asker, inbox):
    run = app.test_cli_runner().invoke
    said = run(args=["name-internal-address", "--workspace", "Acme", inbox.email.upper()])
    assert (said.exit_code, said.output) == (0, f"{inbox.email} answers.\n")

    refused = run(args=["name-internal-address", "--workspace", "Acme", "nobody@alpha.test"])
    assert "nobody@alpha.test is not connected in this workspace." in refused.output
    assert find_internal(db.session(), apart_from="").email == inbox.email

    run(args=["name-internal-address", "--workspace", "Acme", "none"])
    assert find_internal(db.session(), apart_from="") is None


def test_a_token_that_nobody_gave_out_is_not_answered(internal):
    [came] = hear_back(internal.account_id, answer(None, X_NimbusOS_Test="made.up"))

    assert came.kind == "unmatched"
    assert all_rows(Send) == []
