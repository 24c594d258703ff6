"""The one door out: whom it lets pass, and that nothing is connected before it has judged."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Literal

import pytest

from nimbus.rules.connection_test import Leg
from nimbus.security.outbound import (
    HTTPS,
    Deadline,
    NotAllowedError,
    OutboundPolicy,
    Server,
    ServerNotFoundError,
    TooMuchDataError,
    connect,
    find_server,
)
from tests.servers import faults
from tests.servers.dns import NameServer

# Every one of these reaches this machine or a private network by some resolver or some router.
HIDDEN = [
    *(
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.000.000.001",
        "0127.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "0X7F000001",
    ),
    *("2130706433", "017700000001", "0", "0.0.0.0", "0x0", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1"),
    *(
        "127.0.0.1.",
        " 127.0.0.1 ",
        "[127.0.0.1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "Ⓛocalhost",
        "x.localhost",
    ),
    *(
        "::1",
        "[::1]",
        "::",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "[::ffff:7f00:1]",
    ),
    *(
        "64:ff9b::7f00:1",
        "64:ff9b::127.0.0.1",
        "2002:7f00:1::",
        "2001:0:7f00:1::1",
        "fe80::1%lo",
        "fe80::1",
        "fd00::1",
    ),
    *(
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "10.1",
        "3232235521",
    ),
]
SECONDS = 2.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listens on every address of this machine, and would see any connection."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        server.settimeout(0)
        yield server


def find(
    host: str, port: int = 587, allow: str = "", resolvers: str = "", leg: Leg | Literal["https"] = Leg.SMTP
) -> Server:
    policy = OutboundPolicy.parse(allow, resolvers)
    return find_server(host, port, leg, policy=policy, deadline=Deadline(SECONDS))


@pytest.mark.parametrize("host", HIDDEN)
def test_hidden_spelling_of_a_private_address_is_refused_and_nothing_connects(
    listener: socket.socket, host: str
) -> None:
    port = listener.getsockname()[1]

    with pytest.raises(NotAllowedError) as refused:
        connect(find(host, port, allow="1024-65535"), Deadline(SECONDS))

    assert str(refused.value) == "Connections to this server and port are not allowed."
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_hidden_spellings_are_forty_and_more() -> None:
    assert len(set(HIDDEN)) >= 40


def test_operator_can_let_private_addresses_pass(listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    for host in ("127.0.0.1", "localhost", "::ffff:127.0.0.1"):
        with connect(find(host, port, allow="127.0.0.0/8"), Deadline(SECONDS)) as opened:
            assert opened.getpeername()[1] == port


@pytest.mark.parametrize("port", [0, -1, 22, 80, 6379, 70000, 993])
def test_port_that_is_not_for_sending_is_refused(port: int) -> None:
    with pytest.raises(NotAllowedError):
        find("8.8.8.8", port)


def test_usual_mail_ports_of_each_leg_pass() -> None:
    for leg, ports in {Leg.SMTP: (25, 465, 587, 2525), Leg.IMAP: (143, 993)}.items():
        for port in ports:
            assert find("8.8.8.8", port, leg=leg).port == port


def test_a_providers_interface_is_reached_on_the_port_of_https_alone_and_in_public() -> None:
    assert find("8.8.8.8", 443, leg=HTTPS).port == 443
    for host, port in (("8.8.8.8", 587), ("10.0.0.1", 443)):
        with pytest.raises(NotAllowedError):
            find(host, port, leg=HTTPS)


@pytest.mark.parametrize(
    ("allow", "host", "port", "passes"),
    [
        ("10.0.0.0/8", "10.1.2.3", 4711, True),
        ("10.0.0.0/8:587", "10.1.2.3", 587, True),
        ("10.0.0.0/8:587", "10.1.2.3", 465, False),
        ("10.0.0.0/8:25+1000-2000", "10.1.2.3", 1500, True),
        ("2526", "8.8.8.8", 2526, True),
        ("2526", "10.0.0.1", 2526, False),
        ("[fd00::/8]:587, 192.168.0.0/16", "fd00::1", 587, True),
        ("[fd00::/8]:587", "fd00::1", 25, False),
        ("fd00::/8", "fd00::1", 99, True),
        ("127.0.0.1", "127.0.0.2", 587, False),
        ("0.0.0.0/0:587", "8.8.8.8", 99, False),
    ],
)
def test_operators_list_is_read_as_written(allow: str, host: str, port: int, *, passes: bool) -> None:
    if passes:
        assert find(host, port, allow).port == port
    else:
        with pytest.raises(NotAllowedError):
            find(host, port, allow)


@pytest.mark.parametrize(
    "text", ["mail.example.com", "10.0.0.0/8:", "10.0.0.0/33", "0", "70000", "9-5", "[::1", "587-"]
)
def test_operators_slip_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match=r"^“.*”"):
        OutboundPolicy.parse(text)


def test_resolvers_are_addresses_with_a_port() -> None:
    parsed = OutboundPolicy.parse("", "192.0.2.53, 127.0.0.1:5353 [2001:db8::53]:53")

    assert parsed.resolvers == (("192.0.2.53", 53), ("127.0.0.1", 5353), ("2001:db8::53", 53))
    for wrong in ("ns.example.com", "192.0.2.53:99999"):
        with pytest.raises(ValueError, match="name server"):
            OutboundPolicy.parse("", wrong)


def test_name_with_one_private_address_among_public_ones_is_refused(dns: NameServer) -> None:
    dns.add("mixed.test. 60 IN A 8.8.8.8\nmixed.test. 60 IN A 10.0.0.1")
    dns.add("mixed6.test. 60 IN A 8.8.8.8\nmixed6.test. 60 IN AAAA ::1")

    for name in ("mixed.test", "mixed6.test"):
        with pytest.raises(NotAllowedError):
            find(name, resolvers=f"127.0.0.1:{dns.port}")


def test_name_is_looked_up_once_and_its_very_address_is_connected(
    dns: NameServer, listener: socket.socket
) -> None:
    dns.add("once.test. 60 IN A 127.0.0.1")
    server = find("once.test", listener.getsockname()[1], "127.0.0.0/8", f"127.0.0.1:{dns.port}")
    dns.remove("once.test")
    asked = len(dns.queries)

    with connect(server, Deadline(SECONDS)) as opened:
        assert opened.getpeername()[0] == "127.0.0.1"
    assert len(dns.queries) == asked
    assert server.name == "once.test"


def test_unknown_name_and_silent_name_servers_are_told_apart(dns: NameServer) -> None:
    dns.fail("broken.test", "servfail")

    with pytest.raises(ServerNotFoundError) as unknown:
        find("nowhere.test", resolvers=f"127.0.0.1:{dns.port}")
    with pytest.raises(ServerNotFoundError) as silent:
        find("broken.test", resolvers=f"127.0.0.1:{dns.port}")
    dns.heal()

    assert not unknown.value.temporary
    assert silent.value.temporary


def test_system_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_args: object, **_options: object) -> None:
        released.wait(30)
        raise socket.gaierror(socket.EAI_FAIL, "gave up")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()

    with pytest.raises(TimeoutError):
        find_server("mail.example.com", 587, Leg.SMTP, policy=OutboundPolicy(), deadline=Deadline(0.2))

    assert time.monotonic() - began < 1
    released.set()


def test_next_address_is_tried_when_the_first_does_not_answer(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    server = Server("two.test", port, (ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("127.0.0.1")))

    with connect(server, Deadline(1.0)) as opened:
        assert opened.getpeername()[0] == "127.0.0.1"


def test_deadline_bounds_the_sum_of_reads() -> None:
    with faults.dripping("smtp", seconds=0.05) as server:
        deadline = Deadline(0.4)
        opened = connect(Server("x", server.port, (ipaddress.ip_address("127.0.0.1"),)), deadline)
        began = time.monotonic()
        with opened, opened.makefile("rb") as reader, pytest.raises(TimeoutError):
            reader.readline()

    assert time.monotonic() - began < 1


def test_restarted_deadline_gives_the_next_step_its_own_time_and_bytes() -> None:
    deadline = Deadline(0.0, max_bytes=10)
    with pytest.raises(TimeoutError):
        deadline.remaining()

    deadline.restart(5)
    deadline.took(10)
    with pytest.raises(TooMuchDataError):
        deadline.took(1)

    deadline.restart(5)
    deadline.took(10)
    assert 4 < deadline.remaining() <= 5
