"""Signing in to an SMTP server and handing a message over, over the standard library's client."""

import hmac
import smtplib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from typing import Any

from nimbus.providers.contract import Network, ServerLogin, Watch, refuse_line_breaks
from nimbus.providers.errors import one_line
from nimbus.providers.smtp_imap.answers import Verdict
from nimbus.providers.smtp_imap.attempt import Attempt, tls_word
from nimbus.providers.smtp_imap.dialogue import Dialogue, base64_of
from nimbus.providers.smtp_imap.replies import SMTP_LINE, NonsenseError, NotWelcomeError, ServerClosedError
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg, Security, Step
from nimbus.security.outbound import GuardedSocket, GuardedTLSSocket, Server

_MAX_BYTES = 1024 * 1024  # received in one step
_MAX_LINE = 8192
_MAX_REPLY_LINES = 200
_MAX_INITIAL_RESPONSE = (
    400  # RFC 4954: a longer one goes on a line of its own, some servers cut commands at 512
)
_READY, _OK, _SIGNED_IN, _GO_ON = 220, 250, 235, 334

Reply = tuple[int, bytes]


class SmtpSession:
    """An open, signed-in SMTP connection."""

    def __init__(self, attempt: Attempt, wire: "_Wire") -> None:
        self._attempt = attempt
        self._wire = wire

    def hand_over(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Have the server accept one message; raises ProviderError, or UnsafeTextError for a broken address."""
        refuse_line_breaks(sender, recipient)
        with self._attempt.step(Step.HAND_OVER) as details:
            self._wire.send_message(message, sender, [recipient])
            details.append(one_line(self._attempt.heard, self._attempt.dialogue.secrets))


@contextmanager
def open_smtp(
    login: ServerLogin, network: Network, watch: Watch, dialogue: Dialogue
) -> Iterator[SmtpSession]:
    """Find, connect, encrypt, sign in; raises ProviderError at the step that failed. Closes on leaving."""
    attempt = Attempt(Leg.SMTP, login, network, watch=watch, dialogue=dialogue, max_bytes=_MAX_BYTES)
    server = attempt.find_server()
    with closing(_connected(attempt, server)) as wire:
        _encrypt(attempt, server, wire)
        with attempt.step(Step.SIGN_IN):
            if login.security is Security.SSL:
                wire.read_greeting()
            if login.security is not Security.NONE:
                wire.introduce()
            _sign_in(attempt, wire)
        yield SmtpSession(attempt, wire)
        with suppress(OSError):
            wire.putcmd("QUIT")  # polite; nothing that its answer could say matters any more


def _connected(attempt: Attempt, server: Server) -> "_Wire":
    with attempt.step(Step.CONNECT):
        plain = attempt.connect(server)
        wire = _Wire(plain, attempt)
        try:
            if attempt.login.security is not Security.SSL:
                attempt.await_greeting(plain, server)
                wire.read_greeting()
                wire.introduce()
        except BaseException:
            wire.close()
            raise
    return wire


def _encrypt(attempt: Attempt, server: Server, wire: "_Wire") -> None:
    with attempt.step(Step.ENCRYPT) as details:
        if attempt.login.security is Security.NONE:
            details.append("not encrypted")
            return
        if attempt.login.security is Security.STARTTLS:
            if not wire.has_extn("starttls"):
                attempt.fail(Verdict(FailureCode.NO_STARTTLS, permanent=True))
            wire.expect(_READY, wire.docmd("STARTTLS"))
        secured = attempt.encrypt(wire.plain, server)
        wire.use(secured)
        details.append(tls_word(secured))


def _sign_in(attempt: Attempt, wire: "_Wire") -> None:
    """One mechanism, once: a server that counts wrong passwords shall not count a correct one twice."""
    offered = wire.esmtp_features.get("auth", "").upper().split()
    user, password = attempt.login.username, attempt.login.password.reveal()
    wire.signing_in = True
    if "PLAIN" in offered:
        reply = _plain(wire, base64_of(f"\0{user}\0{password}"))
    elif "LOGIN" in offered:
        reply = _answering(wire, "LOGIN", [base64_of(user), base64_of(password)])
    elif "CRAM-MD5" in offered:
        reply = _cram_md5(wire, user, password)
    else:
        attempt.fail(_nothing_offered(attempt, wire, offered))
    wire.expect(_SIGNED_IN, reply)
    wire.signing_in = False


def _plain(wire: "_Wire", response: str) -> Reply:
    if len(response) <= _MAX_INITIAL_RESPONSE:
        return wire.docmd("AUTH", f"PLAIN {response}")
    return _answering(wire, "PLAIN", [response])


def _answering(wire: "_Wire", mechanism: str, responses: list[str]) -> Reply:
    """Start a mechanism and give one response for each challenge."""
    reply = wire.docmd("AUTH", mechanism)
    for response in responses:
        if reply[0] != _GO_ON:
            break
        reply = wire.docmd(response)
    return reply


def _cram_md5(wire: "_Wire", user: str, password: str) -> Reply:
    reply = wire.docmd("AUTH", "CRAM-MD5")
    if reply[0] != _GO_ON:
        return reply
    try:
        challenge = b64decode(reply[1], validate=True)
    except ValueError:
        raise NonsenseError from None
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    return wire.docmd(base64_of(f"{user} {digest}"))


def _nothing_offered(attempt: Attempt, wire: "_Wire", offered: list[str]) -> Verdict:
    if {"XOAUTH2", "OAUTHBEARER"} & set(offered):
        return Verdict(FailureCode.USE_OAUTH, permanent=True)
    if attempt.login.security is Security.NONE and wire.has_extn("starttls"):
        return Verdict(FailureCode.STARTTLS_REQUIRED, permanent=True)
    return Verdict(FailureCode.AUTH_NOT_OFFERED, permanent=True)


class _Wire(smtplib.SMTP):
    """The library's client on our socket: every reply is checked, bounded and noted in the dialogue."""

    def __init__(self, plain: GuardedSocket, attempt: Attempt) -> None:
        own = plain.getsockname()[0]
        super().__init__(local_hostname=f"[IPv6:{own}]" if ":" in own else f"[{own}]")
        self.sock = self.plain = plain
        self.signing_in = False
        self._attempt = attempt

    def use(self, secured: GuardedTLSSocket) -> None:
        """Go on encrypted: forget what was said, and what was sent ahead, in clear text (RFC 3207)."""
        self.sock = secured
        self.file = None
        self.ehlo_resp = self.helo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def read_greeting(self) -> None:
        self._expect_welcome(_READY, self.getreply())

    def introduce(self) -> None:
        self._expect_welcome(_OK, self.ehlo())

    def _expect_welcome(self, code: int, reply: Reply) -> None:
        if reply[0] != code:
            raise NotWelcomeError(*reply)

    def expect(self, code: int, reply: Reply) -> None:
        """Fail the step unless the reply has exactly this code."""
        if reply[0] != code:
            raise smtplib.SMTPResponseException(*reply)

    def send(self, s: Any) -> None:
        data = s.encode("utf-8") if isinstance(s, str) else bytes(s)
        if isinstance(s, str):
            self._attempt.dialogue.client(data, signing_in=self.signing_in)
        else:
            self._attempt.dialogue.note(f"the message, {len(data)} bytes")
        if self.sock is None:
            raise ServerClosedError
        self.sock.sendall(data)

    def getreply(self) -> Reply:
        if self.file is None:
            assert self.sock is not None
            self.file = self.sock.makefile("rb")
        lines: list[bytes] = []
        while True:
            line = self.file.readline(_MAX_LINE + 1)
            self._attempt.dialogue.server(line)
            lines.append(line)
            if not line.endswith(b"\n") and len(line) <= _MAX_LINE:
                raise ServerClosedError
            self._attempt.heard = b"".join(lines)
            if not SMTP_LINE.fullmatch(line) or line[:3] != lines[0][:3] or len(lines) > _MAX_REPLY_LINES:
                raise NonsenseError
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(part[4:].strip() for part in lines)

    def rset(self) -> Reply:
        """Not sent: a refused message ends the session, and its refusal must not be hidden by what follows."""
        return _OK, b""
