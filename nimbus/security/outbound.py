"""The one door out: every connection to a host that somebody typed is looked up, judged and made here."""

import errno
import ipaddress
import socket
from dataclasses import dataclass

from nimbus.security.outbound_address import IPAddress, is_public, literal_address, normalise_host
from nimbus.security.outbound_lookup import ServerNotFoundError, addresses_of
from nimbus.security.outbound_policy import HTTPS, OutboundPolicy, Purpose
from nimbus.security.outbound_socket import (
    Deadline,
    GuardedSocket,
    GuardedTLSSocket,
    TooMuchDataError,
    encrypted,
)

__all__ = [
    "HTTPS",
    "Deadline",
    "GuardedSocket",
    "GuardedTLSSocket",
    "NotAllowedError",
    "OutboundPolicy",
    "Server",
    "ServerNotFoundError",
    "TooMuchDataError",
    "connect",
    "encrypted",
    "find_server",
    "is_public",
    "normalise_host",
]

_MAX_ADDRESSES = 6  # tried in turn; more would leave each too little of the step's time
_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


class NotAllowedError(Exception):
    """The gate stays shut; it never says which of its reasons applied."""

    def __init__(self) -> None:
        super().__init__("Connections to this server and port are not allowed.")


@dataclass(frozen=True)
class Server:
    """A host that has passed the gate: its name for TLS, the port, and the very addresses that were judged."""

    name: str
    port: int
    addresses: tuple[IPAddress, ...]

    @property
    def is_public(self) -> bool:
        """Whether any of its addresses lies on the public internet."""
        return any(is_public(address) for address in self.addresses)


def find_server(
    host: str, port: int, purpose: Purpose, *, policy: OutboundPolicy, deadline: Deadline
) -> Server:
    """Look the host up once and judge every address it has.

    Raises NotAllowedError alike for all that the policy refuses, ServerNotFoundError for an unknown name,
    TimeoutError when the look-up outlasts the deadline.
    """
    try:
        name = normalise_host(host)
        literal = literal_address(name)
    except ValueError:
        raise NotAllowedError from None
    if not policy.may_use_port(port, purpose):
        raise NotAllowedError
    addresses = (literal,) if literal else addresses_of(name, policy.resolvers, deadline)
    if not all(policy.allows(address, port, purpose) for address in addresses):
        raise NotAllowedError
    return Server(name, port, addresses)


def connect(server: Server, deadline: Deadline) -> GuardedSocket:
    """A connection to the first address that answers, each given its share of the time; raises OSError."""
    errors: list[OSError] = []
    addresses = server.addresses[:_MAX_ADDRESSES]
    for tried, address in enumerate(addresses):
        try:
            return _connect_to(address, server.port, deadline, share=len(addresses) - tried)
        except OSError as error:
            errors.append(error)
    # A machine without IPv6 has no route to half of the addresses; that is not what went wrong.
    raise next((e for e in errors if e.errno not in _NO_ROUTE), errors[0])


def _connect_to(address: IPAddress, port: int, deadline: Deadline, *, share: int) -> GuardedSocket:
    family = socket.AF_INET if isinstance(address, ipaddress.IPv4Address) else socket.AF_INET6
    opened = GuardedSocket(family, socket.SOCK_STREAM)
    opened.deadline, opened.address = deadline, str(address)
    try:
        opened.settimeout(deadline.remaining() / share)
        opened.connect((opened.address, port))
        # Commands are small and wait for their answer; without this some wait 40 ms for an acknowledgement too.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        opened.close()
        raise
    return opened
