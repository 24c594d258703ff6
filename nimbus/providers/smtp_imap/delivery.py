"""Handing messages over by SMTP, one after another on one connection, so that each outcome is certain or said not to be.

Before the body every failure is harmless. With its first byte the message may be the server's: from then on only the
server's own answer decides, and without one nobody knows. Nothing here is ever tried twice.
"""

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from nimbus.providers.contract import Accepted, Network, OpenSender, ServerLogin, Unwatched
from nimbus.providers.errors import (
    DeliveryUnknown,
    ProviderError,
    SendRefused,
    StoppedBeforeBody,
    one_line,
    safe_line,
)
from nimbus.providers.smtp_imap.attempt import Attempt
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.envelope import GO_ON, OK, CannotBeTold, Command, envelope, with_dots
from nimbus.providers.smtp_imap.replies import SMTP_REFUSAL, NonsenseError
from nimbus.providers.smtp_imap.smtp import signed_in
from nimbus.providers.smtp_imap.smtp_wire import MAX_BYTES, Wire
from nimbus.rules.connection_test import Leg
from nimbus.rules.send_answer_kinds import Category, Stage

_CLOSING = 421
_SILENT = "The server did not confirm within {seconds:.0f} seconds that it took the message."
_BROKEN_OFF = "The connection broke off before the server confirmed that it took the message."
_NONSENSE = "The server answered the message with something that is no answer."


@dataclass(frozen=True)
class Patience:
    """Seconds to wait for each answer and for the last one, before which a server may do long work.

    RFC 5321 4.5.3.2 asks for ten minutes there: whoever gives up earlier doubts messages that were taken. After a
    pause of more than `idle` the server is asked whether it is still there.
    """

    answer: float = 60.0
    verdict: float = 600.0
    idle: float = 10.0


@contextmanager
def open_sender(
    login: ServerLogin, network: Network, patience: Patience | None = None
) -> Iterator[OpenSender]:
    """Connect, encrypt and sign in once; raises SendRefused at the stage that failed. Closes on leaving."""
    patience = patience or Patience()
    network = replace(network, step_seconds=patience.answer)
    attempt = Attempt(Leg.SMTP, login, network, watch=Unwatched(), dialogue=Dialogue(), max_bytes=MAX_BYTES)
    with ExitStack() as stack:
        try:
            wire = stack.enter_context(signed_in(attempt))
        except ProviderError as error:
            raise _not_opened(attempt, error) from error
        yield SmtpSender(attempt, wire, patience)


def _not_opened(attempt: Attempt, error: ProviderError) -> SendRefused:
    said = one_line(attempt.heard, attempt.dialogue.secrets)
    if isinstance(error.__cause__, TimeoutError) or not SMTP_REFUSAL.match(said):
        said = ""
    return SendRefused(attempt.stage, said, error.server_line, failure=error)


class SmtpSender:
    """A signed-in connection for any number of messages, until the server or a fault ends it."""

    def __init__(self, attempt: Attempt, wire: Wire, patience: Patience) -> None:
        self._attempt = attempt
        self._wire = wire
        self._patience = patience
        self._pipelining = wire.has_extn("pipelining")
        self._is_kept = False
        self._must_reset = False
        self._used_at = time.monotonic()

    def is_ready(self) -> bool:
        """Whether the connection takes another message; after a pause the server is asked. False: open another."""
        if self._wire.sock is None:
            return False
        if time.monotonic() - self._used_at < self._patience.idle and not _has_news(self._wire.sock):
            return True
        try:
            self._say("NOOP\r\n")
            code = self._reply()
        except (OSError, NonsenseError):
            code = _CLOSING
        if code not in OK:
            self._wire.close()
            return False
        self._used_at = time.monotonic()
        return True

    def send(
        self, message: bytes, *, sender: str, recipient: str, before_body: Callable[[], bool]
    ) -> Accepted:
        """Hand one message over; see OpenSender."""
        commands = self._commands(message, sender, recipient)
        try:
            self._offer(commands)
            return self._hand_over(message, before_body)
        except SendRefused as refused:
            self._must_reset = True
            if _ends_connection(refused):
                self._wire.close()
            raise
        except BaseException:
            self._wire.close()
            raise
        finally:
            self._is_kept, self._used_at = True, time.monotonic()

    def _commands(self, message: bytes, sender: str, recipient: str) -> list[Command]:
        """The envelope; raises SendRefused for an address that this server cannot be told."""
        try:
            commands = envelope(self._wire, message, sender, recipient)
        except CannotBeTold as problem:
            raise SendRefused(problem.stage, "", "", category=Category.BAD_ADDRESS) from problem
        return [Command(Stage.MAIL, "RSET\r\n"), *commands] if self._must_reset else commands

    def _offer(self, commands: list[Command]) -> None:
        """Say the envelope, at once where the server can take that (RFC 2920); returns when it waits for the body."""
        stage = commands[0].stage
        try:
            if self._pipelining:
                self._say("".join(command.line for command in commands))
            for number, command in enumerate(commands):
                stage = command.stage
                if not self._pipelining:
                    self._say(command.line)
                if self._reply() not in command.welcome:
                    refused = self._refused(stage)
                    if self._pipelining and not _ends_connection(refused):
                        self._skip(commands[number + 1 :])
                    raise refused
        except OSError as error:
            raise SendRefused(stage, "", "", stale=self._is_kept and stage is Stage.MAIL) from error
        except NonsenseError as error:
            raise SendRefused(stage, "", self._line()) from error
        self._must_reset = False

    def _skip(self, commands: list[Command]) -> None:
        """Read the answers to what was said ahead of a refusal; they change nothing about it."""
        try:
            for command in commands:
                if self._reply() in GO_ON and command.stage is Stage.DATA:
                    self._wire.close()  # it waits for a body that has no recipient: hanging up sends nothing
        except (OSError, NonsenseError):
            self._wire.close()

    def _hand_over(self, message: bytes, before_body: Callable[[], bool]) -> Accepted:
        """The body, unless it is taken back now; from here on only an answer of the server decides."""
        if not before_body():
            raise StoppedBeforeBody  # a QUIT would become the message's first line: only hanging up sends nothing
        try:
            self._attempt.renew(self._patience.verdict)
            self._wire.send(with_dots(message))
            self._attempt.renew(self._patience.verdict)
            code, _text = self._wire.getreply()
        except TimeoutError:
            raise DeliveryUnknown("", _SILENT.format(seconds=self._patience.verdict)) from None
        except OSError as error:
            raise DeliveryUnknown("", _BROKEN_OFF) from error
        except NonsenseError as error:
            raise DeliveryUnknown(self._line(), _NONSENSE) from error
        if code in OK:
            return Accepted(self._line())
        if code >= 400:
            raise self._refused(Stage.BODY)
        raise DeliveryUnknown(self._line(), _NONSENSE)

    def _say(self, lines: str) -> None:
        self._attempt.renew()
        self._wire.send(lines)

    def _reply(self) -> int:
        self._attempt.renew()
        code, _text = self._wire.getreply()
        return code

    def _refused(self, stage: Stage) -> SendRefused:
        """The answer just heard, as a refusal; one that is neither yes nor no counts as no answer."""
        said = one_line(self._attempt.heard, self._attempt.dialogue.secrets)
        answer = said if SMTP_REFUSAL.match(said) else ""
        stale = self._is_kept and stage is Stage.MAIL and answer.startswith(str(_CLOSING))
        return SendRefused(stage, answer, self._line(), stale=stale)

    def _line(self) -> str:
        return safe_line(self._attempt.heard, self._attempt.dialogue.secrets)


def _has_news(connected: socket.socket) -> bool:
    """Whether the server has spoken unasked or hung up."""
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


def _ends_connection(refused: SendRefused) -> bool:
    return not refused.answer or refused.answer.startswith(str(_CLOSING))
