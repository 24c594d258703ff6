"""Ann's inbox at Google or Microsoft, as the practice world plays them; Bob, of her own domain, hears from her."""

import pytest

from nimbus.rules.providers import Provider
from nimbus.sandbox.world import System
from nimbus.services.send_messages import serve_inbox
from tests.sending.reading import found
from tests.services.posting import queue as queue_one
from tests.services.signed_in import ANN, BOB, make_signed_in


@pytest.fixture
def environ(sandbox):
    return sandbox.environ


@pytest.fixture
def provider(database_url):
    """Google with one database, Microsoft with the other: neither knows of its companion."""
    return Provider.MICROSOFT if database_url else Provider.GMAIL


@pytest.fixture
def ann(sandbox, acme, provider):
    return make_signed_in(sandbox, acme, provider)


@pytest.fixture
def faults(sandbox, ann):
    return sandbox.world.mailboxes[ANN].faults


@pytest.fixture
def bob(sandbox):
    return sandbox.world.add(BOB, name="Bob", system=System.MAIL)


@pytest.fixture
def queue(acme, ann, bob):
    return lambda **values: queue_one(acme, ann, recipient=BOB, **values)


@pytest.fixture
def serve(acme, ann, queue):
    """Queue a message and serve the inbox; the message as it is then."""

    def run():
        send_id = queue()
        serve_inbox(acme, ann)
        return found(send_id)

    return run
