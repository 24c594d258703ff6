"""The practice world itself: who has a mailbox, what lies in it, and how mail gets from one to another.

Everything is in memory and under one lock. Google, Microsoft and the mail servers are views of this one world, so
that what one of them sends arrives with the others. Labels are Gmail's (INBOX, SPAM, SENT, UNREAD …) for all three.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from enum import StrEnum
from functools import cached_property
from threading import Event, RLock
from typing import Any, NamedTuple

from nimbus.clock import Clock
from nimbus.sandbox import messages
from nimbus.sandbox.bounces import Failure, bounce
from nimbus.sandbox.faults import Faults


class System(StrEnum):
    """Who keeps a mailbox."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    MAIL = "mail"  # SMTP and IMAP


@dataclass(eq=False)
class Stored:
    """A message in a mailbox. `history_id` is that of its last change."""

    id: str
    thread_id: str
    raw: bytes
    labels: set[str]
    arrived_at: datetime
    history_id: int

    @cached_property
    def headers(self) -> Message:
        """Its headers, parsed once: a stored message never changes."""
        return messages.read_headers(self.raw)

    @property
    def message_id(self) -> str:
        """The Message-ID with its angle brackets."""
        return messages.header(self.headers, "Message-ID")


class Change(NamedTuple):
    """Something that happened in a mailbox: kind is added, deleted, labelled or unlabelled."""

    id: int
    kind: str
    message: Stored
    labels: tuple[str, ...]  # those that came or went; of an added message, all
    at: datetime


@dataclass(eq=False, kw_only=True)
class Mailbox:
    """One person's mailbox and what is true of the account around it.

    Change it with the world's lock held. `subject` is the person's number at the provider; a consumer's account
    belongs to no organisation; without `has_mailbox` somebody can sign in and has no mail there.
    """

    address: str
    name: str
    system: System
    clock: Clock = field(repr=False)
    faults: Faults = field(repr=False)
    password: str = field(default="practice", repr=False)
    is_consumer: bool = False
    has_mailbox: bool = True
    send_as_name: str = ""
    sign_in_name: str = ""  # Microsoft's userPrincipalName where it is not the address
    shows_address: bool = True  # Microsoft leaves `mail` null for some
    language: str = "en"  # of the folders' names
    subject: str = field(default_factory=lambda: str(10**20 + secrets.randbelow(10**20)))
    messages: list[Stored] = field(default_factory=list, repr=False)
    changes: list[Change] = field(default_factory=list, repr=False)
    history_id: int = 981_000
    forgotten_id: int = 0  # what happened before can no longer be asked for

    @property
    def domain(self) -> str:
        """What stands after the @."""
        return self.address.partition("@")[2]

    def find(self, message_id: str) -> Stored | None:
        """A message by the id that this mailbox gave it."""
        return next((stored for stored in self.messages if stored.id == message_id), None)

    def store(self, raw: bytes, labels: Iterable[str], *, thread_id: str | None = None) -> Stored:
        """Put a message in, into the thread it answers unless one is named (empty: one of its own)."""
        identity = secrets.token_hex(8)
        stored = Stored(identity, thread_id or identity, raw, set(labels), self.clock.now(), 0)
        if thread_id is None and (followed := self.thread_of(stored.headers)):
            stored.thread_id = followed
        self.messages.append(stored)
        self._record("added", stored, stored.labels)
        return stored

    def relabel(self, stored: Stored, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Give a message labels and take others away."""
        came, went = set(add) - stored.labels, set(remove) & stored.labels
        stored.labels = (stored.labels | came) - went
        for kind, labels in (("labelled", came), ("unlabelled", went)):
            if labels:
                self._record(kind, stored, labels)

    def discard(self, stored: Stored) -> None:
        """Delete a message for good."""
        self.messages.remove(stored)
        self._record("deleted", stored, ())

    def thread_of(self, headers: Message) -> str | None:
        """The thread that a message with these headers belongs to: it names one of its messages, and the subject."""
        answered, subject = messages.answered_ids(headers), messages.base_subject(headers)
        for stored in reversed(self.messages if answered else ()):
            if stored.message_id in answered and messages.base_subject(stored.headers) == subject:
                return stored.thread_id
        return None

    def _record(self, kind: str, stored: Stored, labels: Iterable[str]) -> None:
        self.history_id += 7  # ids only grow, and with gaps
        stored.history_id = self.history_id
        self.changes.append(Change(self.history_id, kind, stored, tuple(sorted(labels)), self.clock.now()))


@dataclass(eq=False, kw_only=True)
class App:
    """An application that an operator has registered with a provider.

    `audience` is production, testing (refresh tokens live for 7 days) or internal (its own `organization` alone).
    """

    client_id: str
    client_secret: str
    system: System
    redirect_uris: frozenset[str]
    audience: str = "production"
    organization: str = ""
    api_enabled: bool = True
    faults: Faults = field(default_factory=Faults, repr=False)


Listener = Callable[[Mailbox, Stored], None]


class World:
    """All mailboxes and applications. `tally` counts calls by what was asked and for whom, for whoever checks."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = RLock()
        self.mailboxes: dict[str, Mailbox] = {}
        self.apps: dict[str, App] = {}
        self.flaws: dict[str, str] = {}  # by domain, what is wrong with its DNS: nimbus/sandbox/flaws.py
        self.listeners: list[Listener] = []  # called on each arrival, in the thread that delivers
        self.forgetters: list[Callable[[], None]] = []  # what else has to be forgotten on reset
        self.tally: Counter[tuple[str, str]] = Counter()
        self.closing = Event()  # set: nobody waits any longer, hanging calls included

    def add(self, address: str, *, name: str, system: System, **facts: Any) -> Mailbox:
        """Give somebody a mailbox; the facts are the fields of Mailbox."""
        address = address.lower()
        mailbox = Mailbox(
            address=address,
            name=name,
            system=System(system),
            clock=self.clock,
            faults=Faults(self.lock),
            **facts,
        )
        with self.lock:
            self.mailboxes[address] = mailbox
        return mailbox

    def register(self, client_id: str, client_secret: str, *, system: System, **facts: Any) -> App:
        """Register an application; the facts are the fields of App."""
        app = App(
            client_id=client_id,
            client_secret=client_secret,
            system=System(system),
            redirect_uris=frozenset(facts.pop("redirect_uris", ())),
            faults=Faults(self.lock),
            **facts,
        )
        with self.lock:
            self.apps[client_id] = app
        return app

    def deliver(self, raw: bytes, *, sender: str, recipients: Iterable[str]) -> None:
        """Put a copy into each recipient's mailbox; whoever a domain of this world does not know comes back.

        Other domains take everything in silence. An empty sender is that of a bounce, which is never bounced.
        """
        raw = messages.with_line_ends(raw)
        for recipient in recipients:
            mailbox = self.mailboxes.get(recipient.lower())
            if mailbox is not None and mailbox.has_mailbox:
                self._put(
                    mailbox, messages.traced(raw, sender=sender, recipient=recipient, at=self.clock.now())
                )
            elif recipient.lower().partition("@")[2] in self.domains():
                self.bounce(raw, sender=sender, recipient=recipient)

    def bounce(
        self, raw: bytes, *, sender: str, recipient: str, status: str = "5.1.1", words: str = "User unknown"
    ) -> None:
        """Tell the sender, if there is one here, that a message did not reach somebody."""
        mailbox = self.mailboxes.get(sender.lower())
        if mailbox is not None:
            failure = Failure(recipient=recipient, status=status, words=words)
            at = self.clock.now()
            self._put(mailbox, bounce(raw, failure, system=mailbox.system, sender=mailbox.address, at=at))

    def count(self, what: str, who: str) -> None:
        """Add a call to the tally: `google refresh`, `ann@example.com`."""
        with self.lock:
            self.tally[what, who] += 1

    def arrived(self, mailbox: Mailbox, stored: Stored) -> None:
        """Tell everybody who listens that a message has come in."""
        for listener in tuple(self.listeners):
            listener(mailbox, stored)

    def domains(self) -> set[str]:
        """The domains whose users this world knows."""
        with self.lock:
            return {mailbox.domain for mailbox in self.mailboxes.values()}

    def reset(self) -> None:
        """Begin again: no mailboxes, no applications, no permissions, nothing in the post."""
        with self.lock:
            self.mailboxes.clear()
            self.apps.clear()
            self.flaws.clear()
            self.tally.clear()
            for forget in self.forgetters:
                forget()

    def _put(self, mailbox: Mailbox, raw: bytes) -> None:
        with self.lock:
            elsewhere = mailbox.faults.take("placement")
            stored = mailbox.store(raw, {elsewhere.values["label"] if elsewhere else "INBOX", "UNREAD"})
        self.arrived(mailbox, stored)
