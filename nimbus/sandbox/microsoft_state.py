"""All that the practice world's Microsoft remembers besides mailboxes, and how a mailbox's faults reach it."""

import uuid
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime

from flask import Response, current_app

from nimbus.sandbox import wire
from nimbus.sandbox.faults import Faults
from nimbus.sandbox.microsoft_grants import Grants
from nimbus.sandbox.world import App, Mailbox, Stored, System, World

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of all personal accounts


@dataclass(frozen=True)
class Sync:
    """What a delta link stands for: the folder as its holder knows it, and what is still to be told."""

    address: str
    folder: str
    select: str
    chosen: str  # the $filter
    known: dict[str, bool] = field(default_factory=dict)  # message: whether it was read
    entries: tuple[tuple[Stored | str, str], ...] = ()  # a message (or its id) and what became of it
    position: int = 0


@dataclass
class Microsoft:
    """One Microsoft. Its state is asked for and changed under the world's lock."""

    world: World
    grants: Grants
    syncs: dict[str, Sync] = field(default_factory=dict)
    in_flight: Counter[str] = field(default_factory=Counter)
    sent_at: defaultdict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def forget(self) -> None:
        """Begin again, with the world."""
        self.grants.forget()
        self.syncs.clear()
        self.sent_at.clear()

    def mailboxes(self) -> list[Mailbox]:
        """Everybody who can sign in here."""
        with self.world.lock:
            return [each for each in self.world.mailboxes.values() if each.system is System.MICROSOFT]

    def find(self, address: str) -> Mailbox | None:
        """The account of this address or sign-in name."""
        wanted = address.strip().lower()
        return next((each for each in self.mailboxes() if wanted in {each.address, principal(each)}), None)

    def app(self, client_id: str) -> App | None:
        """The application, if it is registered here."""
        app = self.world.apps.get(client_id)
        return app if app is not None and app.system is System.MICROSOFT else None

    def settle(self, mailbox: Mailbox) -> None:
        """Let happen what was ordered for this mailbox once, before anything else is looked at."""
        with self.world.lock:
            if mailbox.faults.take("revoked"):
                self.grants.revoke(mailbox.address)
            if mailbox.faults.take("expired"):
                self.grants.expire(mailbox.address)

    def strike(self, faulty: Faults, *points: str) -> Response | None:
        """What breaks any call alike: no answer at all, or one that is not what was promised."""
        if fault := faulty.take("hang", *points):
            return wire.hang(self.world, float(fault.values["seconds"]))
        if fault := faulty.take("wrong_json", *points):
            return Response(str(fault.values["body"]), content_type="application/json; charset=utf-8")
        return None


def here() -> Microsoft:
    """The Microsoft of the running application."""
    microsoft: Microsoft = current_app.extensions["microsoft"]
    return microsoft


def tenant_of(mailbox: Mailbox) -> str:
    """The id of the directory that an account belongs to."""
    return CONSUMERS if mailbox.is_consumer else tenant_id(mailbox.domain)


def tenant_id(domain: str) -> str:
    """The id of an organisation's directory; the same for a domain every time."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, domain.lower()))


def person_id(mailbox: Mailbox) -> str:
    """The id of a person in Graph."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, mailbox.subject))


def principal(mailbox: Mailbox) -> str:
    """The name that a person signs in with."""
    return mailbox.sign_in_name or mailbox.address
