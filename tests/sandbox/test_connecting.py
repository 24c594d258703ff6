"""A mailbox of the practice world is connected by the product's own connection test, at the servers it is told of."""

import pytest

from nimbus.clock import now
from nimbus.providers.contract import Network, Secret, ServerLogin, Unwatched
from nimbus.providers.message import Letter, compose
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.round_trip import Found, look_for_probe, send_probe
from nimbus.providers.smtp_imap.sent_folder import SentFolder
from nimbus.rules.connection_test import Security
from nimbus.sandbox.names import MAIL_HOST
from nimbus.sandbox.world import System
from nimbus.security.outbound import OutboundPolicy
from tests.providers.smtp_imap.mailbox import new_probe

MAX = "max@post.test"


@pytest.fixture
def network(practice):
    """Through the gate as the world's settings open it: names by its DNS, certificates by its authority."""
    practice.rehearsal.world.add(MAX, name="Max", system=System.MAIL)
    given = practice.environ
    policy = OutboundPolicy.parse(given["NIMBUS_OUTBOUND_ALLOW"], given["DNS_RESOLVERS"])
    return Network(policy, ca_file=given["NIMBUS_CA_FILE"])


@pytest.fixture
def login(practice):
    def login(server, security=Security.SSL):
        return ServerLogin(
            host=MAIL_HOST,
            port=practice.rehearsal.mail_ports[server],
            security=security,
            username=MAX,
            password=Secret("practice"),
        )

    return login


@pytest.mark.parametrize(("server", "security"), [("smtps", Security.SSL), ("smtp", Security.STARTTLS)])
def test_the_test_message_goes_out_and_is_found_again(network, login, server, security):
    probe, seen = new_probe(MAX), {"watch": Unwatched(), "dialogue": Dialogue()}

    send_probe(login(server, security), probe, network, **seen)
    found = look_for_probe(login("imaps"), probe, network, folder="INBOX", patience_seconds=5, **seen)

    assert found == Found("INBOX")


def test_a_copy_is_kept_in_the_sent_folder_once_and_found_there(context, network, login):
    message_id = "<kept@post.test>"
    letter = Letter(
        sender=MAX,
        sender_name="Max",
        recipient="ann@example.com",
        subject="Kept",
        text="Hello\n",
        message_id=message_id,
        mark="kept",
        mark_header="X-NimbusOS-Send",
        dated_at=now(),
        is_automatic=False,
    )

    with SentFolder(login("imaps"), network) as folder:
        assert folder.holds(message_id) is False
        assert folder.keep(compose(letter), message_id)
        assert folder.holds(message_id) is True
