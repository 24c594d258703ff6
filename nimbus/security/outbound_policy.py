"""What the outbound gate lets pass: the public internet on the usual ports, and what the operator adds."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal

from nimbus.rules.connection_test import Leg
from nimbus.security.outbound_address import IPAddress, is_public, unwrapped

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = tuple[str, int]

HTTPS: Final = "https"  # a provider's interface for programs
Purpose = Leg | Literal["https"]
USUAL_PORTS: dict[Purpose, frozenset[int]] = {
    Leg.SMTP: frozenset({25, 465, 587, 2525}),
    Leg.IMAP: frozenset({143, 993}),
    HTTPS: frozenset({443}),
}
_MAX_PORT = 65535
_DNS_PORT = 53
_BRACKETED = re.compile(r"\[(?P<inside>[^\[\]]+)\](?::(?P<ports>.*))?")
_PORTS = re.compile(r"\d+(-\d+)?(\+\d+(-\d+)?)*")


@dataclass(frozen=True)
class Allowed:
    """One entry of the operator's list: a network, ports, or ports on a network."""

    network: Network | None
    ports: tuple[range, ...] | None

    def covers_port(self, port: int) -> bool:
        """Whether this entry says anything for the port."""
        return self.ports is None or any(port in ports for ports in self.ports)

    def covers_address(self, address: IPAddress) -> bool:
        """Whether the address lies in this entry's network, however it is wrapped."""
        return self.network is not None and unwrapped(address) in self.network


@dataclass(frozen=True)
class OutboundPolicy:
    """The operator's additions and resolvers; empty means: public addresses on the usual ports, the system's resolver."""

    allow: tuple[Allowed, ...] = ()
    resolvers: tuple[Resolver, ...] = ()

    @classmethod
    def parse(cls, text: str, resolvers: str = "") -> "OutboundPolicy":
        """Read NIMBUS_OUTBOUND_ALLOW and DNS_RESOLVERS; raises ValueError with a sentence for the operator."""
        return cls(
            tuple(_entry(part) for part in re.split(r"[,\s]+", text.strip()) if part),
            tuple(_resolver(part) for part in re.split(r"[,\s]+", resolvers.strip()) if part),
        )

    def may_use_port(self, port: int, purpose: Purpose) -> bool:
        """Whether any address at all may be reached on this port."""
        if not 1 <= port <= _MAX_PORT:
            return False
        return port in USUAL_PORTS[purpose] or any(entry.covers_port(port) for entry in self.allow)

    def allows(self, address: IPAddress, port: int, purpose: Purpose) -> bool:
        """Whether this address may be reached on this port."""
        if not self.may_use_port(port, purpose):
            return False
        if any(entry.covers_address(address) and entry.covers_port(port) for entry in self.allow):
            return True
        usual = port in USUAL_PORTS[purpose]
        extra = any(entry.network is None and entry.covers_port(port) for entry in self.allow)
        return is_public(address) and (usual or extra)


def _entry(text: str) -> Allowed:
    if _PORTS.fullmatch(text):
        return Allowed(None, _port_ranges(text))
    network, ports = _split_ports(text)
    try:
        return Allowed(
            ipaddress.ip_network(network, strict=False), None if ports is None else _port_ranges(ports)
        )
    except ValueError:
        raise ValueError(
            f"“{text}” is neither a network (10.0.0.0/8), a network with ports (10.0.0.0/8:587, [fd00::/8]:587) "
            "nor ports (2525, 1024-65535, 25+587)."
        ) from None


def _split_ports(text: str) -> tuple[str, str | None]:
    """What stands before and after the colon that begins the ports; IPv6 with ports stands in brackets."""
    if bracketed := _BRACKETED.fullmatch(text):
        return bracketed["inside"], bracketed["ports"]
    before, colon, after = text.partition(":")
    return (text, None) if ":" in after or not colon else (before, after)


def _port_ranges(text: str) -> tuple[range, ...]:
    if not _PORTS.fullmatch(text):
        raise ValueError(text)
    ranges = []
    for part in text.split("+"):
        first, _, last = part.partition("-")
        low, high = int(first), int(last or first)
        if not 1 <= low <= high <= _MAX_PORT:
            raise ValueError(f"“{text}” names ports outside 1 to {_MAX_PORT}.")
        ranges.append(range(low, high + 1))
    return tuple(ranges)


def _resolver(text: str) -> Resolver:
    host, port = _split_ports(text)
    try:
        address = str(ipaddress.ip_address(host))
        number = _DNS_PORT if port is None else int(port)
    except ValueError:
        number = 0
    if not 1 <= number <= _MAX_PORT:
        raise ValueError(f"“{text}” is not the address of a name server (192.0.2.53 or 192.0.2.53:5353).")
    return address, number
