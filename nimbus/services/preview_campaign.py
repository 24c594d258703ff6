"""The messages of a campaign as one of its contacts would read them. Nothing is written and nothing is sent."""

from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from nimbus.extensions import db
from nimbus.models import BookContact, Contact
from nimbus.rules.follow_up import BadSteps
from nimbus.rules.merge_fields import MergeError
from nimbus.rules.unsubscribe import one_click_base
from nimbus.services.campaign_copy import Words, Written, merge_step, read_steps
from nimbus.services.queue_send import MessageRefused
from nimbus.settings import current_settings

OFFERED = 50  # contacts to choose from


@dataclass(frozen=True, slots=True)
class PreviewedStep:
    """A step for one contact: its words, or the sentence why it cannot be written for them."""

    delay_days: int
    words: Words | None
    problem: str | None


class _Reader(NamedTuple):
    """A contact at a step, as `merge_step` wants one."""

    step: int
    email: str
    first_name: str
    last_name: str
    fields: dict[str, str]


def offered_contacts(workspace_id: int, book_id: int | None) -> list[str]:
    """The addresses of the first contacts of a book, to choose from."""
    in_book = sa.and_(BookContact.contact_id == Contact.id, BookContact.book_id == book_id)
    first = sa.select(Contact.email).join(BookContact, in_book).where(Contact.workspace_id == workspace_id)
    return list(db.session.scalars(first.order_by(Contact.id).limit(OFFERED)))


def preview(workspace_id: int, campaign_id: int, email: str) -> list[PreviewedStep] | None:
    """Every step for the contact with this address; None where this workspace has no such contact."""
    contact = db.session.scalar(
        sa.select(Contact).where(Contact.workspace_id == workspace_id, Contact.email == email.lower())
    )
    if contact is None:
        return None
    try:
        written = read_steps(db.session(), workspace_id, campaign_id)
    except BadSteps:
        return []  # there is none yet
    found: list[PreviewedStep] = []
    for step, delay_days in enumerate(written.steps.delays):
        subject = None if step == 0 else found[0].words.subject if found[0].words else ""
        found.append(_step(written, contact, step, subject, delay_days=delay_days))
    return found


def _step(
    written: Written, contact: Contact, step: int, thread_subject: str | None, *, delay_days: int
) -> PreviewedStep:
    reader = _Reader(step, contact.email, contact.first_name, contact.last_name, contact.fields)
    base = one_click_base(current_settings().base_url)
    # A link that works belongs to the recipient alone: whoever looks at a preview might follow it.
    link = f"{base}/u/…" if base else None
    try:
        return PreviewedStep(delay_days, merge_step(written, reader, link, thread_subject), None)
    except (MergeError, MessageRefused) as problem:
        return PreviewedStep(delay_days, None, str(problem))
