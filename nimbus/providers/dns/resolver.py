"""One question to DNS, and which of five ends it came to. Nothing that a name server says gets past this as it was.

dnspython's own resolver would do, but its exceptions carry the name that was asked, and that name may hold a key.
"""

import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.resolver
import dns.rrset

from nimbus.providers.contract import Secret
from nimbus.rules.dns_answers import Answer, Kind, Outcome, Question

PATIENCE = 5.0  # seconds for a question, over all name servers
_ATTEMPT = 2.0  # seconds for one of them
_ROUNDS = 2
_PAYLOAD = 1232  # bytes over UDP without fragments; longer answers come over TCP
_FAILED_TTL = 30  # seconds: a dead list is not asked again for each domain
_LONGEST_TTL = 3600
_KEYED = ".dq.spamhaus.net"
_PUBLIC = ".spamhaus.org"
_TYPES = {kind: dns.rdatatype.from_text(kind) for kind in Kind}
_TOO_OLD_FOR_EDNS = frozenset({dns.rcode.FORMERR, dns.rcode.NOTIMP})


def system_servers() -> tuple[tuple[str, int], ...]:
    """The name servers of this machine, as addresses and ports; none where it has none."""
    try:
        found = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        return ()
    return tuple((str(server), 53) for server in found.nameservers)


@dataclass(frozen=True, slots=True)
class Resolver:
    """Asks name servers in turn. With a key, questions to Spamhaus's public lists go to those of the key's owner."""

    servers: Sequence[tuple[str, int]]
    spamhaus_key: Secret | None = None
    patience: float = PATIENCE
    attempt: float = field(default=_ATTEMPT)

    def ask(self, question: Question) -> Answer:
        """The answer to a question; never raises. A name that no DNS can hold does not exist."""
        try:
            name = dns.name.from_text(self._wire_name(question))
        except (dns.exception.DNSException, UnicodeError, ValueError):
            return Answer(Outcome.NO_NAME, ttl=_LONGEST_TTL)
        deadline = time.monotonic() + self.patience
        last = Answer(Outcome.FAILED, ttl=_FAILED_TTL)
        for server in [*self.servers] * _ROUNDS:
            left = min(self.attempt, deadline - time.monotonic())
            if left <= 0:
                break
            last = _ask_server(name, question.kind, server, left)
            if not last.is_unknown:
                break
        return last

    def _wire_name(self, question: Question) -> str:
        name = question.name.rstrip(".") + "."
        zone = f"{_PUBLIC}."
        if self.spamhaus_key is None or not name.endswith(zone):
            return name
        subject, _, list_name = name.removesuffix(zone).rpartition(".")
        return f"{subject}.{self.spamhaus_key.reveal()}.{list_name}{_KEYED}."


def _ask_server(name: dns.name.Name, kind: Kind, server: tuple[str, int], seconds: float) -> Answer:
    try:
        reply = _reply(name, kind, server, seconds)
        if reply.rcode() in _TOO_OLD_FOR_EDNS:
            reply = _reply(name, kind, server, seconds, edns=False)
        return _read(reply, kind)
    except (dns.exception.Timeout, TimeoutError):
        return Answer(Outcome.TIMED_OUT, ttl=_FAILED_TTL)
    except (dns.exception.DNSException, OSError, EOFError, ValueError):
        return Answer(Outcome.FAILED, ttl=_FAILED_TTL)


def _reply(
    name: dns.name.Name, kind: Kind, server: tuple[str, int], seconds: float, *, edns: bool = True
) -> dns.message.Message:
    query = dns.message.make_query(name, _TYPES[kind], use_edns=0 if edns else False, payload=_PAYLOAD)
    host, port = server
    try:
        # What does not fit the question is somebody else's: it is passed over, and the right answer waited for.
        return dns.query.udp(
            query, host, seconds, port, raise_on_truncation=True, ignore_errors=True, ignore_unexpected=True
        )
    except dns.message.Truncated:
        return dns.query.tcp(query, host, seconds, port)


def _read(reply: dns.message.Message, kind: Kind) -> Answer:
    if reply.rcode() == dns.rcode.NXDOMAIN:
        return Answer(Outcome.NO_NAME, ttl=_negative_ttl(reply))
    if reply.rcode() != dns.rcode.NOERROR or not isinstance(reply, dns.message.QueryMessage):
        return Answer(Outcome.FAILED, ttl=_FAILED_TTL)
    chain = reply.resolve_chaining()  # raises for chains and loops of more than sixteen
    if chain.answer is None:
        return Answer(Outcome.NO_DATA, ttl=_negative_ttl(reply))
    return Answer(Outcome.FOUND, _texts(chain.answer, kind), min(chain.minimum_ttl, _LONGEST_TTL))


def _negative_ttl(reply: dns.message.Message) -> int:
    soa = [rrset for rrset in reply.authority if rrset.rdtype == dns.rdatatype.SOA]
    return min(soa[0].ttl, soa[0][0].minimum, _LONGEST_TTL) if soa else _FAILED_TTL


def _texts(rrset: dns.rrset.RRset, kind: Kind) -> tuple[str, ...]:
    if kind is Kind.TXT:
        return tuple(_printable(b"".join(record.strings).decode("utf-8", "replace")) for record in rrset)
    if kind is Kind.MX:
        return tuple(f"{record.preference} {_name(record.exchange)}" for record in rrset)
    if kind is Kind.PTR:
        return tuple(_name(record.target) for record in rrset)
    return tuple(record.address for record in rrset)


def _name(name: dns.name.Name) -> str:
    """The name as text; dnspython writes what is no letter as a number, so nothing of it can be a control character."""
    return "." if name == dns.name.root else name.to_text(omit_final_dot=True).lower()


def _printable(text: str) -> str:
    """Control characters, and those that turn the direction of a line, become a mark."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char)[0] == "C" else char for char in text
    )
