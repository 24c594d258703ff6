"""Host names to addresses within a deadline, by the system's resolver or the operator's name servers."""

import ipaddress
import socket
import threading
from collections.abc import Sequence

from nimbus.security.outbound_address import IPAddress
from nimbus.security.outbound_socket import Deadline

_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")


class ServerNotFoundError(Exception):
    """No address for this name; `temporary` when the name servers gave no answer at all."""

    def __init__(self, *, temporary: bool) -> None:
        super().__init__("There is no such server.")
        self.temporary = temporary


def addresses_of(
    name: str, resolvers: Sequence[tuple[str, int]], deadline: Deadline
) -> tuple[IPAddress, ...]:
    """Every address of a normalised name, IPv4 first; raises ServerNotFoundError or TimeoutError."""
    if name == "localhost" or name.endswith(".localhost"):
        return (_LOOPBACK,)  # RFC 6761: this name is not for resolvers
    found = _ask_servers(name, resolvers, deadline) if resolvers else _ask_system(name, deadline)
    if not found:
        raise ServerNotFoundError(temporary=False)
    return tuple(sorted(dict.fromkeys(found), key=lambda address: address.version))


def _ask_system(name: str, deadline: Deadline) -> list[IPAddress]:
    """getaddrinfo() knows no time limit, so it runs in a thread that may be left behind."""
    outcome: list[list[IPAddress] | OSError] = []

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            outcome.append([ipaddress.ip_address(str(row[4][0])) for row in rows])
        except OSError as error:
            outcome.append(error)
        except ValueError:  # an address with a zone, or a name that the codec refuses
            outcome.append([])

    thread = threading.Thread(target=look_up, daemon=True, name="name look-up")
    thread.start()
    thread.join(deadline.remaining())
    if not outcome:
        raise TimeoutError("timed out")
    if isinstance(outcome[0], OSError):
        raise ServerNotFoundError(temporary=outcome[0].errno == socket.EAI_AGAIN) from outcome[0]
    return outcome[0]


def _ask_servers(name: str, resolvers: Sequence[tuple[str, int]], deadline: Deadline) -> list[IPAddress]:
    # Large, and where the system's resolver is used nobody needs it.
    import dns.exception
    import dns.nameserver
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in resolvers]
    found: list[IPAddress] = []
    unanswered = False
    for kind in ("A", "AAAA"):
        try:
            answer = resolver.resolve(
                f"{name}.", kind, raise_on_no_answer=False, search=False, lifetime=deadline.remaining()
            )
        except dns.resolver.NXDOMAIN:
            break
        except dns.exception.Timeout:
            deadline.remaining()
            unanswered = True
        except dns.exception.DNSException:
            unanswered = True
        else:
            found += [ipaddress.ip_address(row.address) for row in answer.rrset or ()]
    if not found and unanswered:
        raise ServerNotFoundError(temporary=True)
    return found
