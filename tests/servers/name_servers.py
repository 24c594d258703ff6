"""A real authoritative name server (NSD) with a real resolver (Unbound) in front of it, on loopback.

NSD serves everything from the root down, so that a name that is not there is certainly not there. What NSD cannot do,
silence and lies, comes from the small server of tests/servers/dns.py behind the same resolver.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import dns.exception
import dns.message
import dns.query

from tests.servers.availability import NSD, UNBOUND
from tests.servers.dns import NameServer
from tests.servers.processes import (
    KILL_ALL,
    ClaimedPorts,
    as_user,
    end,
    remove_directory,
    short_directory,
    spawn,
    unprivileged_user,
    wait_until,
)

_NSD = """
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{directory}"
  pidfile: ""
  xfrdfile: ""
  zonelistfile: "{directory}/zones.list"
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
"""
_UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  username: ""
  chroot: ""
  directory: "{directory}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  qname-minimisation: no
  do-ip6: no
  root-hints: ""
  unblock-lan-zones: yes
  insecure-lan-zones: yes
  local-zone: "test." nodefault
  outbound-msg-retry: 3
stub-zone:
  name: "."
  stub-addr: 127.0.0.1@{nsd}
remote-control:
  control-enable: no
"""
_FORWARD = 'forward-zone:\n  name: "{name}"\n  forward-addr: 127.0.0.1@{port}\n'
_SOA = "@ 60 IN SOA ns.test. admin.test. 1 60 60 60 60\n@ 60 IN NS ns.test.\nns.test. 60 IN A 127.0.0.1\n"


class NameServers:
    """Both servers from `with` to its end; `port` is the resolver's, and `faulty` the server for what is broken."""

    def __init__(self, records: str, faulty: Iterable[str]) -> None:
        self._records, self._faulty_names = records, list(faulty)
        self.faulty = NameServer()
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.directory = short_directory("ndns-")
        self._ports = ClaimedPorts(2)
        nsd, self.port = self._ports.numbers
        self._ports.release()  # both speak UDP, which the claim would keep
        self.faulty.__enter__()
        (self.directory / "root.zone").write_text(
            f"$ORIGIN .\n$TTL 60\n{_SOA}{self._records}", encoding="utf-8"
        )
        values = {"directory": self.directory, "nsd": nsd}
        forwards = "".join(_FORWARD.format(name=name, port=self.faulty.port) for name in self._faulty_names)
        self._write("nsd.conf", _NSD.format(port=nsd, **values))
        self._write("unbound.conf", _UNBOUND.format(port=self.port, **values) + forwards)
        if (user := unprivileged_user()) == "nobody":
            shutil.chown(self.directory, user)
        self._start(NSD, "-d", "-c", str(self.directory / "nsd.conf"))
        self._start(UNBOUND, "-d", "-p", "-c", str(self.directory / "unbound.conf"))
        wait_until(lambda: self._answers(nsd), within=20, what="the authoritative name server")
        wait_until(lambda: self._answers(self.port), within=20, what="the resolver")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            end(process)
        self.faulty.__exit__(kind, error, trace)
        remove_directory(self.directory)

    def _write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text, encoding="utf-8")

    def _start(self, *command: str) -> None:
        log = self.directory / f"{command[0].rpartition('/')[2]}.log"
        self._processes.append(spawn(as_user(unprivileged_user(), command), log=log, ending=KILL_ALL))

    def _answers(self, port: int) -> bool:
        try:
            reply = dns.query.udp(
                dns.message.make_query("ns.test.", "A"), "127.0.0.1", port=port, timeout=0.3
            )
        except (dns.exception.DNSException, OSError):
            return False
        return bool(reply.answer)
