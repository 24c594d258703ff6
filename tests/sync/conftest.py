"""Inboxes at real mail servers, and what has come to them."""

import itertools

import pytest
from imapclient import IMAPClient

from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from tests.factories import PASSWORD, make_person, make_workspace
from tests.sending.conftest import make_connected
from tests.sync.reading import Inbox

_numbers = itertools.count(1)


@pytest.fixture
def environ(request):
    """The real servers' authority, where a test asks for them."""
    if "mail_stack" not in request.fixturenames:
        return {}
    return {"NIMBUS_CA_FILE": str(request.getfixturevalue("mail_stack").ca_file)}


@pytest.fixture
def pages():
    return False


@pytest.fixture
def asker(context):
    """Ada, who owns a workspace."""
    person = make_person(make_workspace("Acme"), "Ada")
    return Asker(person.workspace_id, person.user_id, "Ada", Role.OWNER, "192.0.2.7")


@pytest.fixture
def inbox(asker, mail_stack):
    """An inbox at Dovecot that no other test has."""
    account_id, email = make_connected(mail_stack, asker.workspace_id)
    return Inbox(asker.workspace_id, account_id, email, mail_stack)


@pytest.fixture
def person(inbox, mail_stack):
    """The mailbox's owner, who tidies it up with a mail program of their own."""
    with IMAPClient(
        "127.0.0.1", mail_stack.imap_ssl, ssl=True, ssl_context=mail_stack.client_context()
    ) as client:
        client.login(inbox.email, PASSWORD)
        yield client
