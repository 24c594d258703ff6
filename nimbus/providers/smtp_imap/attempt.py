"""One try at one leg: the step it is in, its deadline, and the name of whatever goes wrong."""

import math
import select
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

from nimbus.providers.contract import Network, ServerLogin, Watch
from nimbus.providers.errors import ProviderError, safe_line
from nimbus.providers.smtp_imap.answers import Verdict, certificate_verdict, verdict_on
from nimbus.providers.smtp_imap.certificate_names import certificate_names
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import DEFAULT_PORTS, Leg, Security, Step
from nimbus.rules.mail_hosts import suggested_host
from nimbus.rules.send_answer_kinds import Stage
from nimbus.security.outbound import (
    Deadline,
    GuardedSocket,
    GuardedTLSSocket,
    NotAllowedError,
    Server,
    ServerNotFoundError,
    connect,
    encrypted,
    find_server,
)
from nimbus.security.tls import tls_context

_EXTRA_SECONDS = 3.0  # for finding out what would have been right
_NAMES_SHOWN = 3
_GREETING_SHARE = 0.75  # of the step; then the silent server is asked whether it waits for TLS
_GREETING_SHARE_ON_TLS_PORT = 0.2


class Attempt:
    """What both legs share: each step is reported, bounded and explained."""

    def __init__(
        self,
        leg: Leg,
        login: ServerLogin,
        network: Network,
        *,
        watch: Watch,
        dialogue: Dialogue,
        max_bytes: int,
    ) -> None:
        self.leg = leg
        self.login = login
        self.dialogue = dialogue
        self.deadline = Deadline(network.step_seconds, max_bytes=max_bytes)
        self.heard = b""  # the server's latest answer within this step
        self.stage = Stage.CONNECT  # what an SMTP server is due to answer
        self.ends_at = math.inf  # by the monotonic clock: no step goes on for longer than that
        self._network = network
        self._watch = watch
        self._step = Step.FIND_SERVER
        dialogue.hide(login.username, login.password)

    @contextmanager
    def step(self, step: Step) -> Iterator[list[str]]:
        """Run one step; what is put into the list is shown beside it once it passed."""
        self.begin(step)
        details: list[str] = []
        with self.explained():
            yield details
        self.passed(" ".join(details))

    def begin(self, step: Step) -> None:
        """Report that a step begins and give it its time."""
        self._step = step
        self._watch.began(self.leg, step)
        self.renew()

    def renew(self, seconds: float | None = None) -> None:
        """Give the step that is under way its full time again, or this much; raises ProviderError past the very end."""
        self.heard = b""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            self.fail(Verdict(FailureCode.TIMEOUT, permanent=False))
        self.deadline.restart(min(left, self._network.step_seconds if seconds is None else seconds))

    def passed(self, detail: str) -> None:
        """Report that the step under way has passed."""
        self._watch.passed(self.leg, self._step, detail)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what a server or the network can cause into a ProviderError; a fault of ours stays what it is."""
        try:
            yield
        except ProviderError:
            raise
        except Exception as error:
            verdict = verdict_on(error, self.leg, self._step, host=self.login.host, heard=self.heard)
            if verdict is None:
                raise
            self.dialogue.note(f"failed: {verdict.code}")
            raise self._failure(verdict) from error

    def fail(self, verdict: Verdict, detail: Mapping[str, str] | None = None) -> NoReturn:
        """Raise the ProviderError for this step."""
        raise self._failure(verdict, detail)

    def _failure(self, verdict: Verdict, detail: Mapping[str, str] | None = None) -> ProviderError:
        return ProviderError(
            verdict.code,
            leg=self.leg,
            step=self._step,
            permanent=verdict.permanent,
            server_line=safe_line(self.heard, self.dialogue.secrets) if verdict.said else "",
            detail={**verdict.detail, **(detail or {})},
        )

    def find_server(self) -> Server:
        """The first step: the host is known and may be reached."""
        with self.step(Step.FIND_SERVER):
            try:
                server = self._look_up(self.login.host, self.deadline)
            except ServerNotFoundError as error:
                code = FailureCode.DNS_TEMPORARY if error.temporary else FailureCode.DNS
                suggestion = self._suggestion()
                self.fail(
                    Verdict(code, permanent=not error.temporary),
                    {"suggestion": suggestion} if suggestion else None,
                )
        return server

    def connect(self, server: Server) -> GuardedSocket:
        """A connection to the server; never unencrypted to the public internet, where a password would follow."""
        if self.login.security is Security.NONE and server.is_public:
            self.fail(Verdict(FailureCode.CLEAR_TEXT_REFUSED, permanent=True))
        connected = connect(server, self.deadline)
        self.dialogue.note(f"connected to {server.name} {connected.address} port {server.port}")
        return connected

    def encrypt(self, plain: GuardedSocket, server: Server) -> GuardedTLSSocket:
        """Agree on encryption with the server, as strictly as the account allows."""
        context = tls_context(
            old_versions=self.login.allow_old_tls,
            unverified=self.login.allow_unverified,
            ca_file=self._network.ca_file,
        )
        try:
            secured = encrypted(plain, context, server.name)
        except ssl.SSLCertVerificationError as error:
            self._explain_certificate(error, server)
        self.dialogue.note(f"encrypted: {_tls_facts(secured)}")
        return secured

    def await_greeting(self, plain: GuardedSocket, server: Server) -> None:
        """Wait until the server speaks first; one that stays silent because it expects TLS is found out."""
        usual_tls_port = server.port == DEFAULT_PORTS[self.leg][Security.SSL]
        share = _GREETING_SHARE_ON_TLS_PORT if usual_tls_port else _GREETING_SHARE
        poll = select.poll()
        poll.register(plain, select.POLLIN)
        if poll.poll(self.deadline.remaining() * share * 1000):
            return
        probing = tls_context(old_versions=True, unverified=True, ca_file=self._network.ca_file)
        try:
            encrypted(plain, probing, server.name).close()
        except OSError:
            raise TimeoutError("timed out") from None
        self.fail(Verdict(FailureCode.TLS_MISMATCH, permanent=True))

    def _explain_certificate(self, error: ssl.SSLCertVerificationError, server: Server) -> NoReturn:
        """Fail with the certificate's flaw; for a wrong name, with the right ones."""
        verdict = certificate_verdict(error.verify_code)
        names: list[str] = []
        if verdict.detail["kind"] == "wrong_name":
            names = certificate_names(
                server,
                self.leg,
                self.login.security,
                ca_file=self._network.ca_file,
                deadline=self.deadline.shortened(_EXTRA_SECONDS),
            )
        self.dialogue.note(f"certificate refused: {error.verify_message}")
        self.fail(verdict, {"names": ", ".join(names[:_NAMES_SHOWN])} if names else None)

    def _look_up(self, host: str, deadline: Deadline) -> Server:
        return find_server(host, self.login.port, self.leg, policy=self._network.policy, deadline=deadline)

    def _suggestion(self) -> str | None:
        """A name like the one that does not exist, if that one does."""
        likely = suggested_host(self.login.host)
        if likely is None:
            return None
        try:
            self._look_up(likely, self.deadline.shortened(_EXTRA_SECONDS))
        except (NotAllowedError, ServerNotFoundError, TimeoutError):
            return None
        return likely


def tls_word(secured: GuardedTLSSocket) -> str:
    """The TLS version as a page shows it: "TLS 1.3"."""
    version = secured.version() or "TLS"
    return {"TLSv1": "TLS 1.0"}.get(version, version.replace("TLSv", "TLS "))


def _tls_facts(secured: GuardedTLSSocket) -> str:
    cipher = secured.cipher()
    certificate = secured.getpeercert()
    facts = [secured.version() or "", cipher[0] if cipher else ""]
    if certificate:
        names = [str(entry[1]) for entry in certificate.get("subjectAltName", ())]
        facts.append(f"certificate for {', '.join(names)} until {certificate.get('notAfter', '?')}")
    else:
        facts.append("certificate not checked")
    return ", ".join(fact for fact in facts if fact)
