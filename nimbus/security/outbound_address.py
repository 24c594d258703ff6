"""Which addresses are the public internet, and what a host name may look like."""

import ipaddress
import re
import unicodedata

import idna

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_NOT_GLOBAL_V6 = (ipaddress.ip_network("3fff::/20"),)  # documentation (RFC 9637), unknown to Python 3.11
_MAX_NAME = 253
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_LAST_LABEL_IS_A_NUMBER = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)$")


def unwrapped(address: IPAddress) -> IPAddress:
    """The IPv4 address that a mapped, compatible, NAT64 or 6to4 address leads to; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    wraps = address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1)
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if wraps else address


def is_public(address: IPAddress) -> bool:
    """Whether this address lies on the public internet, however it is wrapped."""
    inner = unwrapped(address)
    if inner.is_multicast or not inner.is_global:
        return False
    if isinstance(inner, ipaddress.IPv4Address):
        return True
    if inner.teredo or any(inner in network for network in _NOT_GLOBAL_V6):
        return False
    return inner in _GLOBAL_V6


def literal_address(host: str) -> IPAddress | None:
    """The address that a normalised host spells, or None for a name; raises ValueError for odd spellings.

    `127.1`, `0x7f000001` or `2130706433` are addresses to the system's resolver but to no careful reader.
    """
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        if ":" in host or _LAST_LABEL_IS_A_NUMBER.search(host):
            raise
    return None


def normalise_host(text: str) -> str:
    """The host as it is looked up: ASCII, lower case, no final dot; raises ValueError with a sentence for the form."""
    host = unicodedata.normalize("NFKC", text.strip())
    if not host:
        raise ValueError("Enter the name of the mail server.")
    if any(c.isspace() or unicodedata.category(c)[0] == "C" for c in host):
        raise ValueError("A host name has no blanks in it.")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if ":" in host and "%" not in host and _is_ipv6(host):
        return str(ipaddress.IPv6Address(host))
    return _normalised_name(host)


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _normalised_name(host: str) -> str:
    try:
        name = idna.uts46_remap(host, std3_rules=False).removesuffix(".").lower()
        if not name.isascii():
            name = idna.encode(name).decode()
    except (idna.IDNAError, UnicodeError):
        raise ValueError("This is not a host name. It looks like mail.example.com.") from None
    if "://" in name or "/" in name or "@" in name:
        raise ValueError("Enter the host alone, such as mail.example.com.")
    if ":" in name:
        raise ValueError("Enter the port in its own field.")
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise ValueError("This is not a host name. It looks like mail.example.com.")
    return name
