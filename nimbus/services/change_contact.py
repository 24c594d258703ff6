"""Changing what is known of one contact, and erasing them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import BookContact, Contact, ContactTag, InboxEvent, Send
from nimbus.rules.audit import Action, plain
from nimbus.rules.contact_values import BadValue, one_line, split_tags
from nimbus.rules.csv_columns import FIRST_NAME, FIXED, LAST_NAME
from nimbus.rules.merge_fields import NAME
from nimbus.rules.send_state import DONE
from nimbus.services.asker import Asker
from nimbus.services.audit import Object, record
from nimbus.services.keep_threads import forget_replies

ERASED = "erased"  # in place of an address, in messages that were sent to it


class NoSuchContact(NimbusError):
    """There is no contact with this id in this workspace."""


class ContactRefused(NimbusError):
    """A value that a contact cannot hold. `field` is where it must be changed."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


class StillOnTheWay(NimbusError):
    """Messages to this person are not at their end yet, so what they hold is still needed."""

    def __init__(self, messages: int) -> None:
        what = "A message" if messages == 1 else f"{messages:,} messages"
        super().__init__(
            f"{what} to this person {'is' if messages == 1 else 'are'} still on the way or in doubt. Look under "
            "Messages, and erase the contact once that is settled."
        )


def change_contact(asker: Asker, contact_id: int, values: Mapping[str, str], tags: str) -> None:
    """Set names, fields of one's own (empty removes one) and tags. Raises NoSuchContact or ContactRefused."""
    clean = {name: _clean(name, value) for name, value in values.items()}
    wanted = set(_tags(tags))
    with _contact(asker, contact_id) as (session, contact):
        before = _state(session, contact)
        contact.first_name = clean.pop(FIRST_NAME, contact.first_name)
        contact.last_name = clean.pop(LAST_NAME, contact.last_name)
        contact.fields = {name: value for name, value in (contact.fields | clean).items() if value}
        own = sa.and_(ContactTag.workspace_id == asker.workspace_id, ContactTag.contact_id == contact_id)
        session.execute(sa.delete(ContactTag).where(own))
        session.add_all(
            ContactTag(workspace_id=asker.workspace_id, contact_id=contact_id, tag=tag) for tag in wanted
        )
        session.flush()
        after = _state(session, contact)
        if changed := sorted(name for name in before | after if before.get(name) != after.get(name)):
            contact.changed_at = now()
            on = Object("contact", contact_id, contact.email)
            record(
                session,
                Action.CONTACT_CHANGED,
                workspace_id=asker.workspace_id,
                asker=asker,
                on=on,
                changed=changed,
            )


def leave_book(asker: Asker, contact_id: int, book_id: int) -> None:
    """Take a contact out of a book; one that is not in it stays out. Raises NoSuchContact."""
    with _contact(asker, contact_id) as (session, _found):
        session.execute(
            sa.delete(BookContact).where(
                BookContact.workspace_id == asker.workspace_id,
                BookContact.contact_id == contact_id,
                BookContact.book_id == book_id,
            )
        )


def erase_contact(asker: Asker, contact_id: int) -> None:
    """Forget a person: the contact, address and words of every message to and from them; that something was sent stays.

    A suppressed address stays on its list, or the next import would write to it. Raises NoSuchContact, or StillOnTheWay.
    """
    with _contact(asker, contact_id) as (session, contact):
        elsewhere = sa.and_(Send.contact_id.is_(None), sa.func.lower(Send.recipient) == contact.email)
        to_them = (
            Send.workspace_id == asker.workspace_id,
            sa.or_(Send.contact_id == contact_id, elsewhere),  # campaigns name the contact, others an address
        )
        is_over = sa.and_(Send.state.in_(DONE), Send.copy_state.is_distinct_from("wanted"))
        on_the_way = session.scalar(sa.select(sa.func.count()).where(*to_them, sa.not_(is_over))) or 0
        if on_the_way:
            raise StillOnTheWay(on_the_way)
        told = InboxEvent.send_id.in_(sa.select(Send.id).where(*to_them))
        session.execute(
            sa.update(InboxEvent)
            .where(InboxEvent.workspace_id == asker.workspace_id, told)
            .values(detail=None)
            .execution_options(synchronize_session=False)
        )
        forget_replies(session, asker.workspace_id, contact.email, sa.select(Send.id).where(*to_them))
        session.execute(
            sa.update(Send).where(*to_them).values(_FORGOTTEN).execution_options(synchronize_session=False)
        )
        session.delete(contact)
        # Without the address: the log is kept for ever.
        on = Object("contact", contact_id, ERASED)
        record(session, Action.CONTACT_ERASED, workspace_id=asker.workspace_id, asker=asker, on=on)


# What a message to a person becomes: that it was sent stays.
_FORGOTTEN: dict[str, Any] = {
    "recipient": ERASED,
    "contact_id": None,
    "headers": None,
    "subject": "",
    "body": "",
    "html": None,
    "message": None,
    "reason": None,
    "server_line": None,
    "timeline": [],
}


@contextmanager
def _contact(asker: Asker, contact_id: int) -> Iterator[tuple[Session, Contact]]:
    with transaction() as session:
        found = session.scalar(
            sa.select(Contact)
            .where(Contact.workspace_id == asker.workspace_id, Contact.id == contact_id)
            .with_for_update()
        )
        if found is None:
            raise NoSuchContact("This contact no longer exists.")
        yield session, found


def _state(session: Session, contact: Contact) -> dict[str, Any]:
    tags = session.scalars(
        sa.select(ContactTag.tag).where(
            ContactTag.workspace_id == contact.workspace_id, ContactTag.contact_id == contact.id
        )
    )
    names = {"first_name": contact.first_name, "last_name": contact.last_name}
    return names | contact.fields | {"tags": sorted(tags)}


def _clean(name: str, value: str) -> str:
    if name not in {FIRST_NAME, LAST_NAME} and (name in FIXED or not NAME.fullmatch(name)):
        raise ContactRefused(name, f"“{plain(name)}” cannot be the name of a field.")
    try:
        return one_line(value)
    except BadValue as problem:
        raise ContactRefused(name, str(problem)) from None


def _tags(text: str) -> tuple[str, ...]:
    try:
        return split_tags(text)
    except BadValue as problem:
        raise ContactRefused("tags", str(problem)) from None
