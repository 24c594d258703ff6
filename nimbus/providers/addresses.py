"""Mail addresses as servers take them."""

from nimbus.security.outbound import normalise_host


def wire_address(address: str) -> str:
    """The address with its domain in ASCII, as every server takes it; raises ValueError for a broken domain."""
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{normalise_host(domain)}"
