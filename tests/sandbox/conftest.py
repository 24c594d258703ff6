"""The practice providers over real sockets: Ann and Bob at Google, Mia and Olga at Microsoft."""

import pytest

from nimbus.sandbox.doors import serving
from nimbus.sandbox.google import google_app
from nimbus.sandbox.google_grants import MODIFY
from nimbus.sandbox.microsoft import microsoft_app
from nimbus.sandbox.world import System
from tests.sandbox import google_client, microsoft_client
from tests.sandbox.google_client import CALLBACK, CLIENT_ID, CLIENT_SECRET, GoogleClient
from tests.sandbox.microsoft_client import MicrosoftClient


@pytest.fixture
def ann(world):
    return world.add("ann@example.com", name="Ann Example", system=System.GOOGLE)


@pytest.fixture
def bob(world):
    return world.add("bob@gmail.com", name="Bob", system=System.GOOGLE, is_consumer=True)


@pytest.fixture
def google(world, ann, bob):
    world.register(CLIENT_ID, CLIENT_SECRET, system=System.GOOGLE, redirect_uris=[CALLBACK])
    app = google_app(world)
    with serving(app) as url:
        yield GoogleClient(url, world, app.extensions["practice.grants"])
        world.closing.set()  # nobody hangs any longer


@pytest.fixture
def arrive(world, ann):
    """Let a message come in for Ann; gives it as it is stored."""

    def deliver(subject="Hello", **headers):
        world.deliver(
            google_client.letter(subject, sender="bob@gmail.com", to=ann.address, **headers),
            sender="bob@gmail.com",
            recipients=[ann.address],
        )
        return ann.messages[-1]

    return deliver


@pytest.fixture
def tokens(google):
    """What Ann's consent yields."""
    return google.exchange(google.decide()["code"]).json()


@pytest.fixture
def gmail(google):
    """Ann's mailbox, to read and to send from."""
    return google.gmail()


@pytest.fixture
def changing(google):
    """Ann's mailbox, to change as well."""
    return google.gmail(scopes=(MODIFY,))


@pytest.fixture
def mia(world):
    """Who has a mailbox of a company's at Microsoft."""
    return world.add("mia@contoso.example", name="Mia Example", system=System.MICROSOFT)


@pytest.fixture
def olga(world):
    """Who has a personal one there."""
    return world.add("olga@outlook.com", name="Olga", system=System.MICROSOFT, is_consumer=True)


@pytest.fixture
def microsoft(world, mia, olga):
    """A practice Microsoft over a real socket, with Mia of a company and Olga."""
    client_id, secret = microsoft_client.CLIENT_ID, microsoft_client.CLIENT_SECRET
    world.register(client_id, secret, system=System.MICROSOFT, redirect_uris=[microsoft_client.CALLBACK])
    app = microsoft_app(world)
    with serving(app) as url:
        yield MicrosoftClient(url, world, app.extensions["practice.grants"])
        world.closing.set()  # nobody hangs any longer


@pytest.fixture
def graph(microsoft):
    """Mia's mailbox, to read and to send from."""
    return microsoft.graph()


@pytest.fixture
def writing_graph(microsoft):
    """Mia's mailbox, to change as well."""
    return microsoft.graph(scopes=microsoft_client.CHANGING)


@pytest.fixture
def receive(world, mia):
    """Let a message arrive in Mia's inbox."""

    def arrive(subject="Hello", **headers):
        raw = microsoft_client.letter(subject, sender="Bert <bert@example.net>", to=mia.address, **headers)
        world.deliver(raw, sender="bert@example.net", recipients=[mia.address])
        return mia.messages[-1]

    return arrive
