"""What the doctor says of the way to Google and Microsoft: their names are led to servers of the tests."""

import os
import random
import ssl
from socket import socket
from threading import Thread

import pytest

from tests.servers.certificates import Authority

GOOGLE, MICROSOFT = "oauth2.googleapis.com", "login.microsoftonline.com"


@pytest.fixture
def address():
    """An address on loopback that nobody else uses."""
    if os.geteuid():
        pytest.skip("Only root may listen on port 443.")
    return ".".join(["127", *(str(random.randint(1, 250)) for _ in range(3))])


@pytest.fixture
def application(well, change, dns):
    """Set up an application at a provider; its name servers are the tests' own."""

    def set_up(provider="google", **values):
        resolvers = f"127.0.0.1:{dns.port}"
        change(**{f"{provider}_client_id": "an id"}, dns_resolvers=resolvers, **values)

    yield set_up
    dns.heal()
    for name in (GOOGLE, MICROSOFT):
        dns.remove(name)


@pytest.fixture
def answer(address, dns, tmp_path):
    """Answer on port 443 as a host; gives the file of the authority that signed its certificate."""
    listening = []

    def serve(host, certified=None, *, talk=None):
        authority = Authority()
        (tmp_path / "ca.pem").write_bytes(authority.pem)
        dns.add(f"{host}. 60 IN A {address}")
        server = socket()
        listening.append(server)
        server.bind((address, 443))
        server.listen()
        context = authority.issue([certified or host], []).server_context(tmp_path)
        Thread(target=_serve, args=(server, talk or context.wrap_socket), daemon=True).start()
        return tmp_path / "ca.pem"

    yield serve
    for server in listening:
        server.close()


def _serve(server, talk):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        try:
            talk(connection, server_side=True).close()
        except (OSError, ssl.SSLError):
            connection.close()


def test_without_an_application_nobody_has_to_be_reached(well, examine):
    found = examine()["providers"]

    assert found["state"] == "ok"
    assert found["sentence"] == "No application at Google or Microsoft is set up, so none has to be reached."


@pytest.mark.parametrize(("provider", "host"), [("google", GOOGLE), ("microsoft", MICROSOFT)])
def test_a_provider_that_answers_encrypted_is_fine(examine, application, answer, provider, host):
    application(provider, ca_file=answer(host))
    found = examine()

    assert found[provider]["state"] == "ok"
    assert found[provider]["sentence"] == f"{host} answers, over TLSv1.3."
    assert "providers" not in found


def refuse(connection, **_options):
    connection.sendall(b"HTTP/1.0 400 plain text only\r\n\r\n")
    return connection


def say_nothing(connection, **_options):
    while connection.recv(1024):
        pass
    return connection


@pytest.mark.parametrize(
    ("certified", "talk", "sentence"),
    [
        ("else.test", None, f"What answers as {GOOGLE} has a certificate that this machine does not trust."),
        (None, refuse, f"{GOOGLE} answers, but encrypting fails."),
        (None, say_nothing, f"{GOOGLE} did not answer within 3 s."),
    ],
)
def test_a_provider_that_answers_badly_is_told_from_one_that_is_away(
    examine, application, answer, certified, talk, sentence
):
    application(ca_file=answer(GOOGLE, certified, talk=talk))
    found = examine()["google"]

    assert (found["state"], found["sentence"]) == ("fail", sentence)
    assert found["advice"]


def test_a_provider_that_refuses_is_told_with_the_port_that_it_needs(examine, application, dns):
    dns.add(f"{GOOGLE}. 60 IN A 127.9.9.9")
    application(outbound_allow="127.0.0.0/8")
    found = examine()["google"]

    assert (found["state"], found["sentence"]) == ("fail", f"{GOOGLE} cannot be reached.")
    assert found["advice"] == f"Let this machine out to {GOOGLE}, port 443."


def test_a_name_that_nobody_knows_is_told(examine, application):
    application()

    assert examine()["google"]["sentence"] == f"{GOOGLE} cannot be found."


def test_a_name_that_leads_into_the_private_network_stays_behind_the_gate(examine, application, dns):
    dns.add(f"{GOOGLE}. 60 IN A 10.0.0.1")
    application(outbound_allow="")
    found = examine()["google"]

    assert found["state"] == "fail"
    assert found["sentence"].startswith(f"The outbound gate does not let {GOOGLE} through")


def test_name_servers_that_say_nothing_are_not_waited_for_long(examine, application, dns):
    dns.fail(GOOGLE, "timeout")
    application()

    assert examine()["google"]["sentence"] == f"{GOOGLE} did not answer within 3 s."
