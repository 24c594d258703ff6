"""Signing in to an IMAP server, its folders, and finding a message: the one guarded wrapper around IMAPClient."""

import imaplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from email.parser import HeaderParser
from email.policy import compat32
from typing import Any, NamedTuple, NoReturn

from imapclient import SEEN

from nimbus.providers.contract import Network, ServerLogin, Watch, refuse_line_breaks
from nimbus.providers.errors import one_line
from nimbus.providers.smtp_imap.answers import Verdict, imap_verdict
from nimbus.providers.smtp_imap.attempt import Attempt, tls_word
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.folders import Folder, closest_first
from nimbus.providers.smtp_imap.imap_wire import MAX_BYTES, Client, Wire
from nimbus.providers.smtp_imap.replies import IMAP_REFUSAL, NonsenseError
from nimbus.rules.connection_failure import FailureCode
from nimbus.rules.connection_test import Leg, Security, Step
from nimbus.security.outbound import GuardedSocket, GuardedTLSSocket, Server

_MAX_FOLDERS_NAMED = 50
_LARGEST = 2**63  # that any number of a folder's may be; the protocol itself allows 2**32


class FolderState(NamedTuple):
    """What a server says of a folder. `next_uid`: None where it does not tell."""

    uid_validity: int
    next_uid: int | None
    messages: int


class ImapSession:
    """An open, signed-in IMAP connection. Folders are opened for reading only, so nothing is marked as seen."""

    def __init__(self, attempt: Attempt, wire: Wire) -> None:
        self.attempt = attempt
        self._wire = wire
        self._client = Client(wire)
        self._client.normalise_times = False  # moments keep their zone
        self._entered: str | None = None
        self._selected: dict[bytes, Any] = {}
        self._is_news = False  # opening a folder has just told what there is in it

    def open_folder(self, name: str) -> None:
        """The step that proves the sign-in and the folder's name; raises ProviderError with the names there are."""
        with self.attempt.step(Step.OPEN_FOLDER) as details:
            refusal = self._examine(name)
            if refusal is not None:
                self._explain_refusal(name, refusal)
            details.append(name)

    def enter(self, name: str) -> bool:
        """Be in this folder and know of its newest mail; False when the server will not open it."""
        with self.attempt.explained():
            if self._entered != name and self._examine(name) is not None:
                return False
            if not self._is_news:
                with _parsing():
                    self._client.noop()
        self._is_news = False
        return True

    def folders(self) -> tuple[Folder, ...]:
        """Every folder that can be opened, as the server lists them."""
        with self.attempt.explained(), _parsing():
            rows = self._client.list_folders()
            return tuple(
                Folder(str(name), frozenset(_text(flag).lower() for flag in flags), _text(separator or b""))
                for flags, separator, name in rows
                if b"\\Noselect" not in flags and b"\\NonExistent" not in flags
            )

    def search(self, *criteria: str | date) -> list[int]:
        """UIDs in the entered folder that match, ascending; raises UnsafeTextError for a line break in a value."""
        refuse_line_breaks(*(value for value in criteria if isinstance(value, str)))
        with self.attempt.explained(), _parsing():
            return sorted(int(uid) for uid in self._client.search(list(criteria)))

    def header(self, uid: int, name: str) -> str:
        """One header field of a message in the entered folder, unfolded; empty when it has none."""
        return next((value for _, value in self.headers(uid, name)), "")

    def headers(self, uid: int, *names: str) -> list[tuple[str, str]]:
        """These header fields of a message in the entered folder, unfolded, the topmost first."""
        refuse_line_breaks(*names)
        with self.attempt.explained(), _parsing():
            rows = self._client.fetch([uid], [f"BODY.PEEK[HEADER.FIELDS ({' '.join(names)})]"])
            fields = [value for key, value in rows.get(uid, {}).items() if key.startswith(b"BODY[")]
            raw = b"".join(fields).decode("ascii", "replace")
        return [
            (name, "".join(value.splitlines()).strip())
            for name, value in HeaderParser(policy=compat32).parsestr(raw).items()
        ]

    def status(self, name: str) -> FolderState | None:
        """What there is in a folder, without opening it; None when the server does not know it."""
        refuse_line_breaks(name)
        with self.attempt.explained():
            try:
                with _parsing():
                    told = self._client.folder_status(name, ("MESSAGES", "UIDNEXT", "UIDVALIDITY"))
                    return _state(told, b"MESSAGES")
            except imaplib.IMAP4.error:
                if self._refusal() is None:
                    raise
                return None

    def examine(self, name: str) -> FolderState | None:
        """Open a folder for reading, and what there is in it; None when the server does not."""
        with self.attempt.explained():
            if self._examine(name) is not None:
                return None
            with _parsing():
                return _state(self._selected, b"EXISTS")

    def fetch(self, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]] | None:
        """These items of messages in the opened folder, by UID; what is gone is left out. None when that is refused."""
        with self.attempt.explained():
            try:
                with _parsing():
                    rows = self._client.fetch(uids, list(items))
                    return {int(uid): dict(row) for uid, row in rows.items()}
            except imaplib.IMAP4.error:
                if self._refusal() is None:
                    raise
                return None

    def fail_refused(self) -> NoReturn:
        """Raise the ProviderError for what the server has just refused."""
        verdict = imap_verdict(Step.FIND_REPLY, self._refusal() or "", self.attempt.login.host)
        self.attempt.fail(verdict)

    def hear_news(self) -> None:
        """Let the server say what has changed in the opened folder."""
        with self.attempt.explained(), _parsing():
            self._client.noop()

    def renew(self) -> None:
        """Give what is asked next its full time and its full share of data."""
        self.attempt.renew()
        self._wire.begin()

    def append(self, folder: str, message: bytes, dated_at: datetime) -> None:
        """Put a message into a folder, as read and dated as given; raises ProviderError when it is not taken."""
        refuse_line_breaks(folder)
        with self.attempt.explained(), _parsing():
            self._client.append(folder, message, (SEEN,), dated_at)

    def _examine(self, name: str) -> str | None:
        """Open the folder for reading; the server's refusal, or None when it is open."""
        refuse_line_breaks(name)
        self._entered = None
        try:
            with _parsing():
                self._selected = self._client.select_folder(name, readonly=True)
        except imaplib.IMAP4.error:
            refusal = self._refusal()
            if refusal is None:
                raise
            return refusal
        self._entered, self._is_news = name, True
        return None

    def _refusal(self) -> str | None:
        """The server's NO or BAD to what was just asked; None when it has said something else."""
        refusal = IMAP_REFUSAL.match(one_line(self.attempt.heard))
        return refusal["answer"] if refusal and not refusal["answer"].upper().startswith("BYE") else None

    def _explain_refusal(self, name: str, refusal: str) -> None:
        verdict = imap_verdict(Step.OPEN_FOLDER, refusal, self.attempt.login.host)
        heard = self.attempt.heard
        detail = {}
        if verdict.code is FailureCode.FOLDER:
            names = closest_first(name, [folder.name for folder in self.folders()])
            detail = {"folders": "\n".join(names[:_MAX_FOLDERS_NAMED])}
        self.attempt.heard = heard
        self.attempt.fail(verdict, detail)


@contextmanager
def open_imap(
    login: ServerLogin, network: Network, watch: Watch, dialogue: Dialogue
) -> Iterator[ImapSession]:
    """Find, connect, encrypt, sign in; raises ProviderError at the step that failed. Closes on leaving."""
    attempt = Attempt(Leg.IMAP, login, network, watch=watch, dialogue=dialogue, max_bytes=MAX_BYTES)
    server = attempt.find_server()
    with attempt.step(Step.CONNECT):
        plain, wire = _connected(attempt, server)
    opened: GuardedSocket | GuardedTLSSocket = plain
    try:
        with attempt.step(Step.ENCRYPT) as details:
            secured = _encrypted(attempt, server, plain, wire)
            details.append(tls_word(secured) if secured else "not encrypted")
        with attempt.step(Step.SIGN_IN):
            if wire is None:
                assert secured is not None
                opened = secured
                wire = _greeted(attempt, secured)
            _sign_in(attempt, wire)
        yield ImapSession(attempt, wire)
        with suppress(OSError):
            wire.say_goodbye()
    finally:
        with suppress(OSError):
            (wire.shutdown if wire else opened.close)()


def _connected(attempt: Attempt, server: Server) -> tuple[GuardedSocket, Wire | None]:
    """The connection, greeted already unless encryption comes first."""
    plain = attempt.connect(server)
    if attempt.login.security is Security.SSL:
        return plain, None
    try:
        attempt.await_greeting(plain, server)
        return plain, _greeted(attempt, plain)
    except BaseException:
        plain.close()
        raise


def _greeted(attempt: Attempt, opened: GuardedSocket | GuardedTLSSocket) -> Wire:
    with _parsing():
        wire = Wire(opened, attempt)
    if wire.state == "AUTH":
        wire.shutdown()
        attempt.fail(Verdict(FailureCode.PREAUTH, permanent=True, said=True))
    return wire


def _encrypted(
    attempt: Attempt, server: Server, plain: GuardedSocket, wire: Wire | None
) -> GuardedTLSSocket | None:
    if attempt.login.security is Security.NONE:
        return None
    if wire is None:
        return attempt.encrypt(plain, server)
    if "STARTTLS" not in wire.capabilities:
        attempt.fail(Verdict(FailureCode.NO_STARTTLS, permanent=True))
    return wire.start_tls(lambda clear: attempt.encrypt(clear, server))


def _sign_in(attempt: Attempt, wire: Wire) -> None:
    """Once, with what the encrypted server offers: it may differ from what was offered in clear text."""
    login = attempt.login
    with _parsing():
        if login.security is Security.STARTTLS:
            wire.know_capabilities()
        if "AUTH=PLAIN" not in wire.capabilities and "LOGINDISABLED" in wire.capabilities:
            attempt.fail(Verdict(_why_disabled(attempt, wire), permanent=True))
        wire.log_in(login.username, login.password.reveal())


def _why_disabled(attempt: Attempt, wire: Wire) -> FailureCode:
    if attempt.login.security is Security.NONE and "STARTTLS" in wire.capabilities:
        return FailureCode.STARTTLS_REQUIRED
    if {"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"} & set(wire.capabilities):
        return FailureCode.USE_OAUTH
    return FailureCode.LOGIN_DISABLED


@contextmanager
def _parsing() -> Iterator[None]:
    """What the libraries stumble over is the server's nonsense, not our fault."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NonsenseError from error


def _state(told: dict[bytes, Any], count: bytes) -> FolderState:
    """The numbers of a folder; ValueError for what is no such number."""
    next_uid = told.get(b"UIDNEXT")
    numbers = told.get(b"UIDVALIDITY") or 0, next_uid or 1, told[count]
    if not all(isinstance(number, int) and 0 <= number < _LARGEST for number in numbers):
        raise ValueError("a folder's number is out of range")
    validity, _, messages = numbers
    return FolderState(validity, next_uid, min(messages, 2**31 - 1))


def _text(raw: bytes | str | int) -> str:
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
