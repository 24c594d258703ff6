"""Signing in to an SMTP server and handing a message over, over the standard library's client."""

import hmac
import smtplib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from nimbus.providers.contract import Network, ServerLogin, Watch, refuse_line_breaks
from nimbus.providers.errors import one_line
from nimbus.providers.smtp_imap.answers import Verdict
from nimbus.providers.smtp_imap.attempt import Attempt, tls_word
from nimbus.providers.smtp_imap.dialogue import Dialogue, base64_of
from nimbus.providers.smtp_imap.envelope import Command, envelope, with_dots
from nimbus.providers.smtp_imap.replies import NonsenseError
from nimbus.providers.smtp_imap.smtp_wire import MAX_BYTES, READY, Reply, Wire
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg, Security, Step
from nimbus.rules.send_answer_kinds import Stage
from nimbus.security.outbound import Server

_MAX_INITIAL_RESPONSE = (
    400  # RFC 4954: a longer one goes on a line of its own, some servers cut commands at 512
)
_SIGNED_IN, _ACCEPTED, _GO_ON = 235, 250, 334


class SmtpSession:
    """An open, signed-in SMTP connection."""

    def __init__(self, attempt: Attempt, wire: Wire) -> None:
        self._attempt = attempt
        self._wire = wire

    def hand_over(self, message: bytes, sender: str, recipient: str) -> None:
        """Have the server accept one message; raises ProviderError, or UnsafeTextError for a broken address."""
        refuse_line_breaks(sender, recipient)
        with self._attempt.step(Step.HAND_OVER) as details:
            self._offer(envelope(self._wire, message, sender, recipient))
            self._wire.send(with_dots(message))
            self._wire.expect(_ACCEPTED, self._wire.getreply())
            details.append(one_line(self._attempt.heard, self._attempt.dialogue.secrets))

    def _offer(self, commands: list[Command]) -> None:
        """Say the envelope, at once where the server can take that (RFC 2920). The first refusal is what went wrong.

        Nothing is read after it: the session ends, and hanging up on a server that waits for a body sends nothing.
        """
        at_once = self._wire.has_extn("pipelining")
        if at_once:
            self._wire.send("".join(command.line for command in commands))
        for command in commands:
            if not at_once:
                self._wire.send(command.line)
            code, text = self._wire.getreply()
            if code not in command.welcome:
                if command.stage is Stage.MAIL:
                    raise smtplib.SMTPSenderRefused(code, text, "")
                raise smtplib.SMTPResponseException(code, text)


@contextmanager
def open_smtp(
    login: ServerLogin, network: Network, watch: Watch, dialogue: Dialogue
) -> Iterator[SmtpSession]:
    """Find, connect, encrypt, sign in; raises ProviderError at the step that failed. Closes on leaving."""
    attempt = Attempt(Leg.SMTP, login, network, watch=watch, dialogue=dialogue, max_bytes=MAX_BYTES)
    with signed_in(attempt) as wire:
        yield SmtpSession(attempt, wire)


@contextmanager
def signed_in(attempt: Attempt) -> Iterator[Wire]:
    """The connection itself, ready for messages; as open_smtp() otherwise."""
    server = attempt.find_server()
    with closing(_connected(attempt, server)) as wire:
        _encrypt(attempt, server, wire)
        with attempt.step(Step.SIGN_IN):
            if attempt.login.security is Security.SSL:
                wire.read_greeting()
            if attempt.login.security is not Security.NONE:
                wire.introduce()
            _sign_in(attempt, wire)
        yield wire
        with suppress(OSError):
            wire.putcmd("QUIT")  # polite; nothing that its answer could say matters any more


def _connected(attempt: Attempt, server: Server) -> Wire:
    with attempt.step(Step.CONNECT):
        plain = attempt.connect(server)
        wire = Wire(plain, attempt)
        try:
            if attempt.login.security is not Security.SSL:
                attempt.stage = Stage.GREETING
                attempt.await_greeting(plain, server)
                wire.read_greeting()
                wire.introduce()
        except BaseException:
            wire.close()
            raise
    return wire


def _encrypt(attempt: Attempt, server: Server, wire: Wire) -> None:
    attempt.stage = Stage.ENCRYPT
    with attempt.step(Step.ENCRYPT) as details:
        if attempt.login.security is Security.NONE:
            details.append("not encrypted")
            return
        if attempt.login.security is Security.STARTTLS:
            if not wire.has_extn("starttls"):
                attempt.fail(Verdict(FailureCode.NO_STARTTLS, permanent=True))
            wire.expect(READY, wire.docmd("STARTTLS"))
        secured = attempt.encrypt(wire.plain, server)
        wire.use(secured)
        details.append(tls_word(secured))


def _sign_in(attempt: Attempt, wire: Wire) -> None:
    """One mechanism, once: a server that counts wrong passwords shall not count a correct one twice."""
    offered = wire.esmtp_features.get("auth", "").upper().split()
    user, password = attempt.login.username, attempt.login.password.reveal()
    attempt.stage, wire.signing_in = Stage.SIGN_IN, True
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


def _plain(wire: Wire, response: str) -> Reply:
    if len(response) <= _MAX_INITIAL_RESPONSE:
        return wire.docmd("AUTH", f"PLAIN {response}")
    return _answering(wire, "PLAIN", [response])


def _answering(wire: Wire, mechanism: str, responses: list[str]) -> Reply:
    """Start a mechanism and give one response for each challenge."""
    reply = wire.docmd("AUTH", mechanism)
    for response in responses:
        if reply[0] != _GO_ON:
            break
        reply = wire.docmd(response)
    return reply


def _cram_md5(wire: Wire, user: str, password: str) -> Reply:
    reply = wire.docmd("AUTH", "CRAM-MD5")
    if reply[0] != _GO_ON:
        return reply
    try:
        challenge = b64decode(reply[1], validate=True)
    except ValueError:
        raise NonsenseError from None
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    return wire.docmd(base64_of(f"{user} {digest}"))


def _nothing_offered(attempt: Attempt, wire: Wire, offered: list[str]) -> Verdict:
    if {"XOAUTH2", "OAUTHBEARER"} & set(offered):
        return Verdict(FailureCode.USE_OAUTH, permanent=True)
    if attempt.login.security is Security.NONE and wire.has_extn("starttls"):
        return Verdict(FailureCode.STARTTLS_REQUIRED, permanent=True)
    return Verdict(FailureCode.AUTH_NOT_OFFERED, permanent=True)
