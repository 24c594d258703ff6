"""DNS for the practice world: every domain that has a mailbox has the records that its mail system would publish.

A domain can be given a flaw, and blocklists answer as theirs do.
"""

import threading
from base64 import b64encode
from functools import lru_cache
from socketserver import BaseRequestHandler, StreamRequestHandler, ThreadingTCPServer, ThreadingUDPServer
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nimbus.sandbox import flaws
from nimbus.sandbox.world import System, World

MAIL_HOST = "mail.practice.test"  # where the mailboxes of the mail system are
_SECONDS = 60  # how long an answer may be remembered
_UDP_BYTES = 1232  # a longer answer is cut, as on the internet, and asked for again over TCP
_HERE = "127.0.0.1"
_SELECTORS = {System.GOOGLE: "google", System.MICROSOFT: "selector1", System.MAIL: "mail"}
_SPF = {
    System.GOOGLE: "_spf.google.com",
    System.MICROSOFT: "spf.protection.outlook.com",
    System.MAIL: "_spf.practice.test",
}
_GOOGLE_MX, _MICROSOFT_MX = "smtp.google.com", ".mail.protection.outlook.com"

Records = dict[str, list[str]]  # by type: A, MX, TXT


class Zone:
    """What is published: asked anew for each question, since mailboxes come and go."""

    def __init__(self, world: World) -> None:
        self._world = world

    def records(self, name: str) -> Records | None:
        """Everything under a name, in lower case without the final dot; None when the name does not exist."""
        for zone, (control, code) in flaws.BLOCKLISTS.items():
            if name.endswith(f".{zone}"):
                asked = name.removesuffix(f".{zone}")
                is_listed = zone == flaws.SPAM_DOMAINS and self._flaw(asked) == flaws.LISTED
                return {"A": [code]} if is_listed or asked == control else None
        return self._published(name)

    def _published(self, name: str) -> Records | None:
        systems = self._systems()
        if system := systems.get(name):
            return self._of_domain(name, system)
        if name in _SPF.values():
            return {"TXT": [f'"v=spf1 ip4:{_HERE} ~all"']}
        if name in {MAIL_HOST, _GOOGLE_MX} or name.endswith(_MICROSOFT_MX):
            return {"A": [_HERE]}
        first, _, rest = name.partition(".")
        if first == "_dmarc" and rest in systems:
            return self._policy(rest)
        selector, _, domain = name.partition("._domainkey.")
        if domain in systems and selector == _SELECTORS[systems[domain]]:
            return {"TXT": [_key_record(1024 if self._flaw(domain) == flaws.WEAK_KEY else 2048)]}
        has_children = any(
            f".{domain}".endswith(f".{name}") for domain in [*systems, MAIL_HOST, *_SPF.values()]
        )
        return {} if has_children or (name.partition(".")[2] in systems and first == "_domainkey") else None

    def is_silent(self, name: str) -> bool:
        """Whether a name is of a domain whose name servers fail."""
        parts = name.split(".")
        return any(self._flaw(".".join(parts[at:])) == flaws.SILENT for at in range(len(parts)))

    def _flaw(self, domain: str) -> str | None:
        return self._world.flaws.get(domain)

    def _policy(self, domain: str) -> Records | None:
        if self._flaw(domain) == flaws.NO_DMARC:
            return None
        policy = "none" if self._flaw(domain) == flaws.DMARC_NONE else "quarantine"
        return {"TXT": [f'"v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}"']}

    def _systems(self) -> dict[str, System]:
        with self._world.lock:
            return {
                address.rpartition("@")[2]: mailbox.system
                for address, mailbox in self._world.mailboxes.items()
            }

    def _of_domain(self, name: str, system: System) -> Records:
        hosts = {
            System.GOOGLE: _GOOGLE_MX,
            System.MICROSOFT: name.replace(".", "-") + _MICROSOFT_MX,
            System.MAIL: MAIL_HOST,
        }
        flaw = self._flaw(name)
        return {
            "A": [_HERE],
            "MX": ["0 ."] if flaw == flaws.NO_MX else [f"10 {hosts[system]}."],
            "TXT": [] if flaw == flaws.NO_SPF else [f'"v=spf1 include:{_SPF[system]} ~all"'],
        }


@lru_cache
def _key_record(bits: int) -> str:
    """One DKIM key for all, in strings of at most 255 characters (RFC 6376 3.6.2.2)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    encoded = b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    text = f"v=DKIM1; k=rsa; p={encoded}"
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


def answer(zone: Zone, asked: bytes) -> dns.message.Message:
    """The reply to one question; raises dns.exception.DNSException for what is no question."""
    query = dns.message.from_wire(asked)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    if zone.is_silent(name):
        reply.set_rcode(dns.rcode.SERVFAIL)
        return reply
    found = zone.records(name)
    if found is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply
    if texts := found.get(dns.rdatatype.to_text(question.rdtype)):
        reply.answer.append(dns.rrset.from_text_list(question.name, _SECONDS, "IN", question.rdtype, texts))
    return reply


class _Udp(BaseRequestHandler):
    server: "_UdpServer"

    def handle(self) -> None:
        asked, reply_to = self.request
        try:
            reply = answer(self.server.zone, asked)
            wire = reply.to_wire()
            if len(wire) > _UDP_BYTES:
                reply.answer = []
                reply.flags |= dns.flags.TC
                wire = reply.to_wire()
        except (dns.exception.DNSException, IndexError):
            return
        reply_to.sendto(wire, self.client_address)


class _Tcp(StreamRequestHandler):
    server: "_TcpServer"

    def handle(self) -> None:
        while length := self.rfile.read(2):
            try:
                wire = answer(self.server.zone, self.rfile.read(int.from_bytes(length, "big"))).to_wire()
            except (dns.exception.DNSException, IndexError):
                return
            self.wfile.write(len(wire).to_bytes(2, "big") + wire)


class _UdpServer(ThreadingUDPServer):
    daemon_threads = True
    zone: Zone


class _TcpServer(ThreadingTCPServer):
    daemon_threads = True
    zone: Zone


class NameServer:
    """Serves a zone from `with` to its end, on one port of loopback over UDP and TCP."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def __enter__(self) -> Self:
        self._servers = self._bound()
        self.port = int(self._servers[0].server_address[1])
        for server in self._servers:
            server.zone = self._zone
            threading.Thread(
                target=server.serve_forever, args=(0.05,), daemon=True, name="practice DNS"
            ).start()
        return self

    def __exit__(self, *_error: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @staticmethod
    def _bound() -> tuple["_TcpServer", "_UdpServer"]:
        """Both on one free port: what is free for the one may be taken for the other."""
        while True:
            tcp = _TcpServer((_HERE, 0), _Tcp)
            try:
                return tcp, _UdpServer((_HERE, int(tcp.server_address[1])), _Udp)
            except OSError:
                tcp.server_close()
