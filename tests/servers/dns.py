"""A small authoritative name server on loopback, answering from a zone's text over UDP and TCP."""

from __future__ import annotations

import threading
from socketserver import BaseServer
from types import TracebackType
from typing import Literal, Self

from dnslib import CNAME, QTYPE, RCODE, RR, DNSError, DNSRecord
from dnslib.server import DNSHandler, DNSLogger, DNSServer

Fault = Literal["timeout", "servfail", "refused"]


def _absolute(name: str) -> str:
    return name.lower().rstrip(".") + "."


class _Handler(DNSHandler):
    # Longer answers are cut over UDP, as on the internet, and a client must come back over TCP.
    udplen = 1232


class NameServer:
    """Serves from `with` to its end on `port` of 127.0.0.1; `queries` lists (name, type) in the order asked."""

    def __init__(self, zone: str = "") -> None:
        self.queries: list[tuple[str, str]] = []
        self._records: list[RR] = []
        self._faults: dict[str, Fault] = {}
        self._stopping = threading.Event()
        self.add(zone)

    def add(self, zone: str) -> None:
        """Add records in zone file notation, names written out in full: `acme.test. 60 IN A 192.0.2.1`."""
        self._records += RR.fromZone(zone)

    def remove(self, name: str) -> None:
        """Forget all records of a name."""
        self._records = [record for record in self._records if str(record.rname).lower() != _absolute(name)]

    def fail(self, name: str, fault: Fault) -> None:
        """From now on, questions for this name and all below it fail; "." is every name."""
        self._faults[_absolute(name)] = fault

    def heal(self) -> None:
        """End all faults."""
        self._faults.clear()

    def resolve(self, request: DNSRecord, _handler: DNSHandler) -> DNSRecord:
        """Called by dnslib for each question."""
        name, kind = str(request.q.qname).lower(), QTYPE[request.q.qtype]
        self.queries.append((name, kind))
        reply = request.reply(ra=0)
        fault = next(
            (fault for part, fault in self._faults.items() if f".{name}".endswith(f".{part.lstrip('.')}")),
            None,
        )
        if fault == "timeout":
            self._stopping.wait()
            raise DNSError("no answer")
        if fault is not None:
            reply.header.rcode = getattr(RCODE, fault.upper())
            return reply
        reply.add_answer(*self._answers(name, kind))
        if not any(f".{record.rname}".lower().endswith(f".{name}") for record in self._records):
            reply.header.rcode = RCODE.NXDOMAIN
        return reply

    def _answers(self, name: str, kind: str, *before: str) -> list[RR]:
        own = [record for record in self._records if str(record.rname).lower() == name]
        found = [record for record in own if kind in {QTYPE[record.rtype], "ANY"}]
        aliases = [record for record in own if isinstance(record.rdata, CNAME) and kind != "CNAME"]
        for alias in aliases:
            target = str(alias.rdata.label).lower()
            found += [alias, *(self._answers(target, kind, name, *before) if target not in before else [])]
        return found

    def __enter__(self) -> Self:
        self._servers = self._bound()
        self.port = self._servers[0].server_address[1]
        # The pause is how long a stop may take.
        self._threads = [
            threading.Thread(target=s.serve_forever, args=(0.02,), daemon=True) for s in self._servers
        ]
        for thread in self._threads:
            thread.start()
        return self

    def _bound(self) -> list[BaseServer]:
        """A TCP and a UDP server on one free port; the free port of the one may be taken for the other."""
        quiet = DNSLogger(logf=lambda _: None)
        while True:
            tcp = DNSServer(
                self, address="127.0.0.1", port=0, tcp=True, logger=quiet, handler=_Handler
            ).server
            port = tcp.server_address[1]
            try:
                return [
                    tcp,
                    DNSServer(self, address="127.0.0.1", port=port, logger=quiet, handler=_Handler).server,
                ]
            except OSError:
                tcp.server_close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)
