"""The mail system of the practice world: submission by SMTP, and the mailboxes over IMAP, all with TLS.

The faults of a mailbox strike here as a mail server would let them: at the sign-in, or at the next message.
"""

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from nimbus.sandbox.imap import ImapFolders
from nimbus.sandbox.names import MAIL_HOST
from nimbus.sandbox.world import Mailbox, System, World

HERE = "127.0.0.1"
_TAKEN = "250 2.0.0 Ok: queued"
_REFUSED = "535 5.7.8 Authentication credentials invalid"
_MOST_BYTES = 30 * 1024 * 1024
_START_SECONDS = 10
# What the server answers when a fault of this name strikes, in the order in which they are looked for.
SIGN_IN_FAULTS = {
    "unauthorized_once": _REFUSED,
    "mfa": "534 5.7.9 Application-specific password required",
    "policy_block": "535 5.7.139 Authentication unsuccessful, the policy of this organisation blocks it",
}
MESSAGE_FAULTS = {
    "throttled": "450 4.7.1 Too many messages in a short time, try again later",
    "daily_cap": "550 5.4.5 Daily sending quota exceeded",
    "server_error": "451 4.3.0 Temporary failure, try again later",
    "forbidden": "550 5.7.1 This message is not allowed by the policy of this server",
    "wrong_json": "Sorry, this is no answer",
}
# What a mail server can do of all that goes wrong in this world: in words, and with which of a fault's values.
FAULTS: Mapping[str, tuple[str, frozenset[str]]] = {
    "revoked": ("The owner changes the password, once; this page shows the new one.", frozenset()),
    "unauthorized_once": ("A right password is refused, once.", frozenset()),
    "mfa": ("The sign-in wants an app password.", frozenset()),
    "policy_block": ("The organisation's policy does not let anybody sign in.", frozenset()),
    "throttled": ("Messages are put off: too many of them.", frozenset()),
    "daily_cap": ("Messages are refused: the day's quota is used up.", frozenset()),
    "server_error": ("Messages are put off: the server has a problem.", frozenset()),
    "forbidden": ("Messages are refused by a policy.", frozenset()),
    "wrong_json": ("The server answers a message with something that is no answer.", frozenset()),
    "hang": ("A message gets no answer for some seconds, then the connection ends.", frozenset({"seconds"})),
    "cut_after_acceptance": ("A message is taken and the connection cut before the answer.", frozenset()),
    "placement": ("Mail arrives in another folder.", frozenset({"label"})),
}


class Submission:
    """What aiosmtpd asks about each command; one for all connections."""

    def __init__(self, world: World) -> None:
        self._world = world

    def sign_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        address, password = (part.decode("utf-8", "replace") for part in data)
        refusal = why_refused(self._world, address, lambda real: password == real, point="smtp")
        return AuthResult(success=refusal is None, handled=False, message=refusal, auth_data=data)

    async def handle_MAIL(  # noqa: N802, PLR0917 - the library's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        mailbox = self._signed_in(session)
        if fault := mailbox.faults.take("hang", "send"):
            await asyncio.to_thread(self._world.closing.wait, float(fault.values["seconds"]))
            return _hang_up(server)
        for name, answer in MESSAGE_FAULTS.items():
            if mailbox.faults.take(name, "send"):
                return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Our own users are known at once; whether others exist, only their own system can tell."""
        if (
            address.lower() not in self._world.mailboxes
            and address.rpartition("@")[2].lower() in self._own_domains()
        ):
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown in local recipient table"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mailbox = self._signed_in(session)
        content, sender = envelope.original_content or b"", envelope.mail_from or ""
        await asyncio.to_thread(
            self._world.deliver, content, sender=sender, recipients=list(envelope.rcpt_tos)
        )
        if mailbox.faults.take("cut_after_acceptance", "send"):
            return _hang_up(server)
        return _TAKEN

    def _signed_in(self, session: Session) -> Mailbox:
        assert session.login_data is not None
        return self._world.mailboxes[session.login_data.decode().lower()]

    def _own_domains(self) -> set[str]:
        with self._world.lock:
            return {box.domain for box in self._world.mailboxes.values() if box.system is System.MAIL}


class MailServers:
    """SMTP with TLS and with STARTTLS, and IMAP with TLS, on free ports from `with` to its end."""

    def __init__(self, world: World, tls: ssl.SSLContext) -> None:
        self._world = world
        self._tls = tls
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), daemon=True, name="practice mail"
        )
        self.ports: dict[str, int] = {}  # smtps, smtp (STARTTLS), imaps

    def __enter__(self) -> Self:
        # It tells every program that has logging that STARTTLS is not the only encryption there is.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        self._thread.start()
        if not self._ready.wait(_START_SECONDS):
            raise RuntimeError("The practice world's mail servers did not start.")
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        imap = ImapFolders(self._world, self._refuses_imap, self._tls)
        servers = {
            "smtps": await self._loop.create_server(self._smtp(starttls=False), HERE, 0, ssl=self._tls),
            "smtp": await self._loop.create_server(self._smtp(starttls=True), HERE, 0),
            "imaps": await imap.start_server(HERE),
        }
        self.ports = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
        self._ready.set()
        await self._stop.wait()
        imap.close()
        for server in servers.values():
            server.close()

    def _smtp(self, *, starttls: bool) -> Callable[[], SMTP]:
        handler = Submission(self._world)
        return partial(
            SMTP,
            handler,
            hostname=MAIL_HOST,
            ident="practice",
            data_size_limit=_MOST_BYTES,
            enable_SMTPUTF8=True,
            authenticator=handler.sign_in,
            auth_require_tls=starttls,  # where encryption comes first, the library does not know of it
            tls_context=self._tls if starttls else None,
            require_starttls=starttls,
            loop=self._loop,
        )

    def _refuses_imap(self, address: str, fits: Callable[[str], bool]) -> bool:
        return why_refused(self._world, address, fits, point="imap") is not None


def why_refused(world: World, address: str, fits: Callable[[str], bool], *, point: str) -> str | None:
    """The answer to a sign-in that fails, or None. fits: whether the password that was given is this one."""
    with world.lock:
        mailbox = world.mailboxes.get(address.lower())
        if mailbox is None or mailbox.system is not System.MAIL:
            return _REFUSED
        if mailbox.faults.take("revoked", point):
            change_password(mailbox)
        if not fits(mailbox.password):
            return _REFUSED
        return next(
            (answer for name, answer in SIGN_IN_FAULTS.items() if mailbox.faults.take(name, point)), None
        )


def change_password(mailbox: Mailbox) -> None:
    """The owner chooses another password, by counting as people do; the world's lock is held."""
    base, dash, number = mailbox.password.rpartition("-")
    mailbox.password = f"{base}-{int(number) + 1}" if dash and number.isdecimal() else f"{mailbox.password}-2"


def _hang_up(server: SMTP) -> str:
    """End the connection in the middle; the answer reaches nobody."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()
    return _TAKEN
